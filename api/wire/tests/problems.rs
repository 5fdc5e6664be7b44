//! Aim: whoever follows the `type` of a problem document finds a page that says what to do. Method: the table and the folder
//! docs/problems are compared, and each page is read for what every page must hold.

#![allow(
    clippy::unwrap_used,
    reason = "a folder that cannot be read is a failed test, and says so"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use wire::problem::{PageLanguage, ProblemKind};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/problems")
}

/// The text of a section, up to the next heading.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, rest) = page
        .split_once(&format!("\n## {heading}\n"))
        .unwrap_or_else(|| panic!("no heading {heading:?} in {page:?}"));
    rest.split("\n## ").next().unwrap_or(rest).trim()
}

#[test]
fn every_problem_has_a_page_and_every_page_a_problem() {
    let rows: BTreeSet<String> = ProblemKind::ALL
        .iter()
        .map(|kind| format!("{}.md", kind.slug()))
        .collect();
    let pages_in = |folder: PathBuf| -> BTreeSet<String> {
        std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "README.md" && name != "zh-Hans")
            .collect()
    };
    assert_eq!(pages_in(folder()), rows);
    assert_eq!(pages_in(folder().join("zh-Hans")), rows);
}

#[test]
fn every_page_says_when_it_happens_and_what_to_do() {
    for kind in ProblemKind::ALL {
        let (slug, page) = (kind.slug(), kind.page(PageLanguage::English));
        let head = format!(
            "# {}\n\nType `/problems/{slug}`, status {}.\n\n",
            kind.title(),
            kind.status()
        );
        assert!(page.starts_with(&head), "the page {slug} must begin with {head:?}");
        for heading in ["When it happens", "What to do"] {
            assert!(section(page, heading).len() > 20, "{slug}: {heading}");
        }
        let members = section(page, "Extra members");
        assert!(
            members == "None." || members.starts_with("| Member | Form | Meaning |\n|---|---|---|\n| `"),
            "{slug} must list its extra members or say None.: {members:?}"
        );
    }
}

#[test]
fn a_page_in_chinese_says_what_the_english_one_does() {
    for kind in ProblemKind::ALL {
        let (slug, page) = (kind.slug(), kind.page(PageLanguage::SimplifiedChinese));
        let kind_and_status = format!("\n\n类型 `/problems/{slug}`，状态码 {}。\n\n", kind.status());
        assert!(
            page.starts_with("# ") && page.contains(&kind_and_status),
            "{slug} must begin with its title and {kind_and_status:?}"
        );
        for heading in ["何时出现", "怎么办"] {
            assert!(section(page, heading).len() > 20, "{slug}: {heading}");
        }
        let members = |page: &str| -> Vec<String> {
            let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
            rows.filter_map(|row| Some(row.split_once('`')?.0.to_owned())).collect()
        };
        assert_eq!(
            members(page),
            members(kind.page(PageLanguage::English)),
            "{slug}: the extra members"
        );
        assert!(
            !members(page).is_empty() || section(page, "附加字段") == "无。",
            "{slug}"
        );
    }
}

#[test]
fn the_list_of_pages_has_every_row_with_its_status_and_title() {
    let list = std::fs::read_to_string(folder().join("README.md")).unwrap();
    for kind in ProblemKind::ALL {
        let slug = kind.slug();
        let row = format!("| [{slug}]({slug}.md) | {} | {} |", kind.status(), kind.title());
        assert!(
            list.lines().any(|line| line == row),
            "docs/problems/README.md lacks {row}"
        );
    }
    assert_eq!(
        list.matches("](").count(),
        ProblemKind::ALL.len(),
        "a row of the list leads nowhere"
    );
}

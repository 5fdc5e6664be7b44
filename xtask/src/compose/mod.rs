//! `cargo xtask compose-check`: no container engine may be at hand, so the files are checked against each other and against
//! what the program reads. Where `docker compose` or `hadolint` is installed, it is asked as well.

mod dockerfile;
mod file;

use std::collections::BTreeSet;
use std::fs;

use anyhow::Context as _;

use crate::{place, run};
use dockerfile::Dockerfile;
use file::Compose;

/// The commands of `rochdale` that a service may run.
const COMMANDS: [&str; 5] = ["serve", "work", "migrate", "openapi", "admin"];
/// What a deployment consists of, and what the profile for development adds.
const SERVICES: [(&str, Option<&str>); 6] = [
    ("postgres", None),
    ("migrate", None),
    ("api", None),
    ("worker", None),
    ("chain", Some("dev")),
    ("contract", Some("dev")),
];

/// Everything that is wrong, as sentences.
fn problems() -> anyhow::Result<Vec<String>> {
    let read = |name: &str| fs::read_to_string(place::root().join(name)).with_context(|| format!("cannot read {name}"));
    let (compose, dockerfile) = (read("docker-compose.yml")?, read("Dockerfile")?);
    let (ignored, example) = (read(".dockerignore")?, read("rochdale.example.toml")?);
    let mut problems = check(&compose, &dockerfile, &ignored, &example);
    problems.extend(ask_the_engines());
    Ok(problems)
}

fn check(compose: &str, dockerfile: &str, ignored: &str, example: &str) -> Vec<String> {
    let dockerfile = Dockerfile::parse(dockerfile);
    let mut problems = dockerfile.problems(&|path| place::root().join(path).exists());
    for folder in ["target", "**/node_modules", ".local", ".git", ".env"] {
        if !ignored.lines().any(|line| line == folder) {
            problems.push(format!(".dockerignore does not leave out {folder}"));
        }
    }
    match Compose::parse(compose) {
        Err(problem) => problems.push(problem),
        Ok(compose) => {
            problems.extend(compose.problems(&dockerfile.stages()));
            problems.extend(services(&compose));
            problems.extend(settings(&compose, &known_settings(example)));
        }
    }
    problems
}

fn services(compose: &Compose) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, profile) in SERVICES {
        match compose.services.get(name) {
            None => problems.push(format!("docker-compose.yml has no service {name}")),
            Some(service) if service.profiles.first().map(String::as_str) != profile => {
                problems.push(format!("the service {name} should have the profile {profile:?}"));
            }
            Some(_) => {}
        }
    }
    for (name, service) in &compose.services {
        // With an entrypoint of its own, a service runs a shell.
        let is_ours = service.image.as_deref() == Some("rochdale") && service.entrypoint.is_empty();
        if let Some(command) = service
            .command
            .first()
            .filter(|command| is_ours && !COMMANDS.contains(&command.as_str()))
        {
            problems.push(format!(
                "the service {name} runs `rochdale {command}`, which does not exist"
            ));
        }
    }
    problems
}

/// Settings in the environment must be ones that the program knows.
fn settings(compose: &Compose, known: &BTreeSet<String>) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, service) in &compose.services {
        for variable in service
            .environment
            .keys()
            .filter(|variable| variable.starts_with("ROCHDALE_") && variable.contains("__"))
        {
            if !known.contains(variable) {
                problems.push(format!(
                    "the service {name} sets {variable}, which rochdale.example.toml does not know"
                ));
            }
        }
    }
    problems
}

/// `ROCHDALE_SECTION__KEY` for each key of the example, those that are commented out included.
fn known_settings(example: &str) -> BTreeSet<String> {
    let mut section = String::new();
    let mut known = BTreeSet::new();
    for line in example.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_uppercase();
        } else if let Some((key, _)) = line.trim_start_matches(['#', ' ']).split_once(" = ")
            && key.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')
        {
            known.insert(format!("ROCHDALE_{section}__{}", key.to_uppercase()));
        }
    }
    // The key `url` of the section mail belongs to the other kind of mail and stands in its comment.
    known.insert(String::from("ROCHDALE_MAIL__URL"));
    known
}

/// What installed programs for containers say; nothing where there are none.
fn ask_the_engines() -> Vec<String> {
    let mut problems = Vec::new();
    if run::is_there("docker", &["compose", "version"]) {
        let mut command = run::program("docker", &["compose", "--profile", "dev", "config", "--quiet"]);
        command.envs(
            [
                "POSTGRES_PASSWORD",
                "ROCHDALE_APP_PASSWORD",
                "ROCHDALE_GLOBAL_PASSWORD",
                "ROCHDALE_SERVER__PUBLIC_URL",
            ]
            .map(|name| (name, "check")),
        );
        problems.extend(complaint("docker compose config", &mut command));
    }
    if run::is_there("hadolint", &["--version"]) {
        problems.extend(complaint(
            "hadolint",
            &mut run::program("hadolint", &["--failure-threshold", "error", "Dockerfile"]),
        ));
    }
    problems
}

fn complaint(name: &str, command: &mut std::process::Command) -> Option<String> {
    let output = command.output().ok()?;
    let text = [output.stdout, output.stderr]
        .map(|part| String::from_utf8_lossy(&part).into_owned())
        .concat();
    (!output.status.success()).then(|| format!("{name} says: {}", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "[server]\naddress = \"x\"\n[database]\napp_url = \"x\"\n# migrate_url = \"x\"\n";

    #[test]
    fn the_files_agree() {
        assert_eq!(problems().unwrap(), Vec::<String>::new());
    }

    /// Each case is one change of the real files, and a word of the complaint it must cause.
    #[test]
    fn a_mistake_is_named() {
        let compose = fs::read_to_string(place::root().join("docker-compose.yml")).unwrap();
        let dockerfile = fs::read_to_string(place::root().join("Dockerfile")).unwrap();
        let ignored = fs::read_to_string(place::root().join(".dockerignore")).unwrap();
        let example = fs::read_to_string(place::root().join("rochdale.example.toml")).unwrap();
        let changes = [
            (
                "    restart: unless-stopped\n    read_only",
                "    restrat: unless-stopped\n    read_only",
                "restrat",
            ),
            (
                "condition: service_healthy",
                "condition: service_happy",
                "service_happy",
            ),
            ("postgres:17.6-bookworm", "postgres", "tag"),
            ("postgres:17.6-bookworm", "postgres:latest", "tag"),
            ("127.0.0.1:8080:8080", "8080:8080", "loopback"),
            ("command: [\"work\"]", "command: [\"wrok\"]", "wrok"),
            ("target: rochdale\n", "target: rochdal\n", "rochdal"),
            (
                "  ROCHDALE_SERVER__FOUNDING:\n",
                "  ROCHDALE_SERVER__FOUNDER:\n",
                "FOUNDER",
            ),
            ("      - state:/var", "      - stat:/var", "stat"),
            (
                "      migrate:\n        condition: service_completed",
                "      migration:\n        condition: service_completed",
                "migration",
            ),
            ("  worker:\n", "  labourer:\n", "worker"),
            ("profiles: [\"dev\"]", "profiles: []", "profile"),
            ("- source: roles", "- source: rolls", "rolls"),
            ("services:", "services: [", "docker-compose.yml"),
        ];
        for (from, to, word) in changes {
            assert!(compose.contains(from), "{from} is in the file");
            let problems = check(&compose.replace(from, to), &dockerfile, &ignored, &example).join("\n");
            assert!(problems.contains(word), "{to}: {problems}");
        }
        let changes = [
            ("USER 10001:10001", "USER root", "root"),
            ("USER 10001:10001\n", "", "root"),
            ("--from=portal", "--from=porthole", "porthole"),
            (
                "COPY migrations/ migrations/",
                "COPY emigrations/ migrations/",
                "emigrations",
            ),
            ("FROM debian:bookworm-slim", "FROM debian", "tag"),
            ("CMD [\"serve\"]", "CMD serve", "JSON"),
            ("EXPOSE 8080", "EXPSOE 8080", "EXPSOE"),
        ];
        for (from, to, word) in changes {
            assert!(dockerfile.contains(from), "{from} is in the file");
            let problems = check(&compose, &dockerfile.replace(from, to), &ignored, &example).join("\n");
            assert!(problems.contains(word), "{to}: {problems}");
        }
        assert!(
            check(&compose, &dockerfile, "target", &example)
                .join("\n")
                .contains("node_modules")
        );
    }

    #[test]
    fn settings_are_read_from_the_example_with_those_that_are_commented_out() {
        let known = known_settings(EXAMPLE);
        for name in [
            "ROCHDALE_SERVER__ADDRESS",
            "ROCHDALE_DATABASE__APP_URL",
            "ROCHDALE_DATABASE__MIGRATE_URL",
        ] {
            assert!(known.contains(name), "{name}");
        }
        assert!(!known.contains("ROCHDALE_DATABASE__ADDRESS"));
    }
}

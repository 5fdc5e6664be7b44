//! The pages for people, from memory: what the program holds, or was read at the start, is all there is, so no address can reach any
//! other file.

#[cfg(not(debug_assertions))]
use std::borrow::Cow;
use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::Path;

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use sha2::{Digest as _, Sha256};
use wire::problem::ProblemKind;

use crate::config::PortalConfig;
use crate::http::headers::{AUDITOR_SECURITY_POLICY, page_policy};
use crate::problem::Problem;
use crate::secrets::random;

/// Where every page comes from.
const PAGE: &str = "/index.html";
/// What the build puts where the nonce of an answer goes.
const NONCE_PLACE: &str = "nonce-of-this-answer";
/// Who can sign in on a demonstration.
const DEMONSTRATION: &str = "/demonstration.json";
/// By this a page knows that it is of a demonstration.
const DEMONSTRATION_MARK: &str = "<meta name=\"demonstration\"></head>";
/// How the script begins that runs the auditor's program beside a page.
const AUDITOR: &str = "/assets/audit-worker-";
/// How many random bytes nobody guesses while a page is open.
const NONCE_BYTES: usize = 16;
/// The deepest folder that is read.
const DEPTH_MAX: usize = 4;

/// The portal as it was built before this program, which holds its files.
#[cfg(not(debug_assertions))]
#[derive(rust_embed::Embed)]
#[folder = "../../portal/dist"]
#[allow_missing = true]
struct BuiltIn;

struct File {
    media: &'static str,
    etag: String,
    content: Bytes,
}

/// The built portal.
pub struct Portal {
    files: HashMap<String, File>,
    /// The document of every page, with places for the nonce; none where no portal is built.
    page: Option<String>,
}

impl Portal {
    /// The portal of this program, or the one in a folder that the operator names instead. Where there is none, the API is served
    /// without pages.
    ///
    /// # Errors
    /// If what is told of the demonstration or a file of the folder cannot be read, or its page is no text.
    pub fn read(config: &PortalConfig) -> anyhow::Result<Self> {
        let mut files = HashMap::new();
        let folder = config.folder.as_deref();
        match folder {
            Some(folder) => collect(folder, "", DEPTH_MAX, &mut files)?,
            None => built_in(&mut files)?,
        }
        let page = files.remove(PAGE).map(|file| String::from_utf8(file.content.into()));
        let mut page = page.transpose()?;
        if page.is_none() {
            let place = folder.map_or_else(|| "this program".to_owned(), |folder| folder.display().to_string());
            tracing::warn!("no portal in {place}: build it with `cargo xtask portal`, and then the program");
            files.clear();
        }
        if let Some(file) = &config.demonstration {
            files.insert(
                String::from(DEMONSTRATION),
                File::new(DEMONSTRATION, std::fs::read(file)?.into()),
            );
            page = page.map(|page| page.replacen("</head>", DEMONSTRATION_MARK, 1));
        }
        Ok(Self { files, page })
    }

    /// A page, with a nonce that no other answer has: whoever can write into one page cannot know that of the next. A browser that kept
    /// it would meet the policy of another answer, so none keeps it.
    fn page(&self) -> Result<HttpResponse, Problem> {
        let page = self.page.as_ref().ok_or_else(Problem::not_found)?;
        let nonce = random().map(|bytes| hex::encode(&bytes[..NONCE_BYTES]));
        let nonce = nonce.map_err(|error| Problem::internal(format!("no nonce for a page: {error}")))?;
        Ok(HttpResponse::Ok()
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((CONTENT_SECURITY_POLICY, page_policy(&nonce)))
            .content_type(media(PAGE))
            .body(page.replace(NONCE_PLACE, &nonce)))
    }
}

impl File {
    fn new(address: &str, content: Bytes) -> Self {
        let digest = Sha256::digest(&content);
        Self {
            media: media(address),
            etag: format!("\"{}\"", hex::encode(&digest[..16])),
            content,
        }
    }
}

/// A program without optimisation reads the portal where it is built, at each start: a change of a page asks for no new program, and
/// the program may be built before the first page is.
#[cfg(debug_assertions)]
fn built_in(files: &mut HashMap<String, File>) -> anyhow::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../portal/dist");
    collect(&folder, "", DEPTH_MAX, files)
}

#[cfg(not(debug_assertions))]
fn built_in(files: &mut HashMap<String, File>) -> anyhow::Result<()> {
    for name in BuiltIn::iter() {
        let Some(file) = BuiltIn::get(&name) else { continue };
        let content = match file.data {
            Cow::Borrowed(content) => Bytes::from_static(content),
            Cow::Owned(content) => content.into(),
        };
        let address = format!("/{name}");
        let file = File::new(&address, content);
        files.insert(address, file);
    }
    Ok(())
}

fn collect(folder: &Path, prefix: &str, depth: usize, files: &mut HashMap<String, File>) -> anyhow::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let (path, address) = (entry.path(), format!("{prefix}/{name}"));
        if path.is_dir() {
            if let Some(depth) = depth.checked_sub(1) {
                collect(&path, &address, depth, files)?;
            }
            continue;
        }
        let file = File::new(&address, std::fs::read(&path)?.into());
        files.insert(address, file);
    }
    Ok(())
}

fn media(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("wasm") => "application/wasm",
        Some("woff2") => "font/woff2",
        Some("json" | "webmanifest") => "application/json",
        Some(_) | None => "application/octet-stream",
    }
}

/// A file of the portal; every other address outside the API is a page of it, which its script shows.
///
/// # Errors
/// 404 below /api and where no portal is built.
pub async fn portal(request: HttpRequest, portal: Data<Portal>) -> Result<HttpResponse, Problem> {
    let path = request.path();
    let is_page = !path.starts_with("/api/v") && !path.starts_with("/v1/") && !path.starts_with("/.well-known/");
    if !is_page {
        return Err(Problem::not_found());
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return Err(Problem::new(
            ProblemKind::MethodNotAllowed,
            "Pages can only be read. Look at /api/docs for the API.",
        ));
    }
    let file = match portal.files.get(path) {
        Some(file) => file,
        // A missing picture or script is missing; anything else may be a page.
        None if path != PAGE && path.rsplit('/').next().is_some_and(|last| last.contains('.')) => {
            return Err(Problem::not_found());
        }
        None => return portal.page(),
    };
    let caching = if path.starts_with("/assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut response = HttpResponse::Ok();
    response
        .insert_header((ETAG, file.etag.as_str()))
        .insert_header((CACHE_CONTROL, caching));
    if path.starts_with(AUDITOR) {
        response.insert_header((CONTENT_SECURITY_POLICY, AUDITOR_SECURITY_POLICY));
    }
    if request
        .headers()
        .get(IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == file.etag.as_bytes())
    {
        return Ok(response.status(actix_web::http::StatusCode::NOT_MODIFIED).finish());
    }
    Ok(response.content_type(file.media).body(file.content.clone()))
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::*;

    fn in_folder(folder: &Path, story: Option<&Path>) -> PortalConfig {
        PortalConfig {
            folder: Some(folder.to_owned()),
            demonstration: story.map(Path::to_owned),
        }
    }

    #[actix_web::test]
    async fn a_demonstration_alone_says_so_and_tells_who_can_sign_in() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("index.html"), "<head></head><body></body>").unwrap();
        let story = folder.path().join("try.json");
        std::fs::write(&story, "{\"coop\":\"1\"}").unwrap();
        for (told, marks) in [(None, 0), (Some(story.as_path()), 1)] {
            let portal = Portal::read(&in_folder(folder.path(), told)).unwrap();
            let page = to_bytes(portal.page().unwrap().into_body()).await.unwrap().to_vec();
            let page = String::from_utf8(page).unwrap();
            assert_eq!(page.matches("<meta name=\"demonstration\"").count(), marks, "{page}");
            let file = portal
                .files
                .get(DEMONSTRATION)
                .map(|file| (file.media, file.content.clone()));
            let expected = told.map(|_| ("application/json", Bytes::from_static(b"{\"coop\":\"1\"}")));
            assert_eq!(file, expected);
        }
        let missing = folder.path().join("no.json");
        assert!(Portal::read(&in_folder(folder.path(), Some(&missing))).is_err());
    }

    #[test]
    fn a_folder_that_is_missing_leaves_the_api_alone() {
        let folder = tempfile::tempdir().unwrap();
        let portal = Portal::read(&in_folder(&folder.path().join("none"), None)).unwrap();
        assert!(portal.files.is_empty() && portal.page.is_none());
    }

    #[actix_web::test]
    async fn each_answer_has_a_nonce_of_its_own_in_the_policy_and_in_the_page() {
        let folder = tempfile::tempdir().unwrap();
        let built =
            format!("<script nonce=\"{NONCE_PLACE}\" src=\"/assets/a.js\"></script><link nonce=\"{NONCE_PLACE}\">");
        std::fs::write(folder.path().join("index.html"), built).unwrap();
        let portal = Portal::read(&in_folder(folder.path(), None)).unwrap();
        let mut nonces = std::collections::HashSet::new();
        for _ in 0..100 {
            let answer = portal.page().unwrap();
            let policy = answer.headers().get(CONTENT_SECURITY_POLICY).unwrap().to_str().unwrap();
            let (_, after) = policy.split_once("script-src 'nonce-").unwrap();
            let (nonce, rest) = after.split_once('\'').unwrap();
            let nonce = nonce.to_owned();
            assert!(rest.starts_with(" 'strict-dynamic';"), "{rest}");
            assert!(policy.contains("require-trusted-types-for 'script'"), "{policy}");
            assert!(!policy.contains("wasm-unsafe-eval"), "{policy}");
            assert_eq!(answer.headers().get(CACHE_CONTROL).unwrap(), "no-store");
            assert!(
                answer.headers().get(ETAG).is_none(),
                "an answer that is kept would bring its nonce again"
            );
            let text = String::from_utf8(to_bytes(answer.into_body()).await.unwrap().to_vec()).unwrap();
            assert_eq!(text.matches(&format!("nonce=\"{nonce}\"")).count(), 2, "{text}");
            assert_eq!(nonce.len(), 2 * NONCE_BYTES);
            nonces.insert(nonce);
        }
        assert_eq!(nonces.len(), 100);
    }
}

//! The pages for people, from memory: what was read at the start is all there is, so no address can reach any other file.

use std::collections::HashMap;
use std::path::Path;

use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, IF_NONE_MATCH};
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use sha2::{Digest as _, Sha256};
use wire::problem::ProblemKind;

use crate::http::headers::AUDITOR_SECURITY_POLICY;
use crate::problem::Problem;

/// How the script begins that runs the auditor's program beside a page.
const AUDITOR: &str = "/assets/audit-worker-";
/// The deepest folder that is read.
const DEPTH_MAX: usize = 4;

struct File {
    media: &'static str,
    etag: String,
    content: Bytes,
}

/// The built portal.
pub struct Portal {
    files: HashMap<String, File>,
}

impl Portal {
    /// Reads a folder; where there is none, the API is served without pages.
    ///
    /// # Errors
    /// If a file of it cannot be read.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let mut files = HashMap::new();
        if folder.join("index.html").is_file() {
            collect(folder, "", DEPTH_MAX, &mut files)?;
        } else {
            tracing::warn!(portal.folder = %folder.display(), "no portal there; build it with `cargo xtask portal`");
        }
        Ok(Self { files })
    }
}

fn collect(folder: &Path, prefix: &str, depth: usize, files: &mut HashMap<String, File>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
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
        let content = std::fs::read(&path)?;
        let digest = Sha256::digest(&content);
        let etag = format!("\"{}\"", hex::encode(&digest[..16]));
        files.insert(
            address,
            File {
                media: media(&name),
                etag,
                content: content.into(),
            },
        );
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
    let (file, is_fixed) = match portal.files.get(path) {
        Some(file) => (file, path.starts_with("/assets/")),
        // A missing picture or script is missing; anything else may be a page.
        None if path.rsplit('/').next().is_some_and(|last| last.contains('.')) => return Err(Problem::not_found()),
        None => (portal.files.get("/index.html").ok_or_else(Problem::not_found)?, false),
    };
    let caching = if is_fixed {
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

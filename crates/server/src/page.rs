//! The page: its files, embedded in the program.

use crate::{problem::Problem, state::Shared};
use axum::{
    Router,
    extract::Request,
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use std::sync::Arc;

/// A file of the page.
#[derive(Debug, Clone, Copy)]
struct Asset {
    name: &'static str,
    bytes: &'static [u8],
}

macro_rules! asset {
    ($name:literal) => {
        Asset { name: $name, bytes: include_bytes!(concat!("../../../assets/page/", $name)) }
    };
}

/// All files of the page; the first is the page itself.
const ASSETS: [Asset; 35] = [
    asset!("index.html"),
    asset!("page.css"),
    asset!("icon.svg"),
    asset!("api.js"),
    asset!("balls.js"),
    asset!("camera.js"),
    asset!("clock.js"),
    asset!("colour.js"),
    asset!("controls.js"),
    asset!("described.js"),
    asset!("dom.js"),
    asset!("favicon.ico"),
    asset!("fields.js"),
    asset!("icon-192.png"),
    asset!("icon-512.png"),
    asset!("interpolate.js"),
    asset!("list.js"),
    asset!("manifest.webmanifest"),
    asset!("merge.js"),
    asset!("net.js"),
    NOT_FOUND,
    asset!("notices.js"),
    asset!("page.js"),
    asset!("pieces.js"),
    asset!("points.js"),
    asset!("prediction.js"),
    asset!("scenery.js"),
    asset!("session.js"),
    asset!("setup.js"),
    asset!("shots.js"),
    asset!("storage.js"),
    asset!("table.js"),
    asset!("tableform.js"),
    asset!("tabs.js"),
    asset!("words.js"),
];

/// Page that a browser shows for an unknown address.
const NOT_FOUND: Asset = asset!("not-found.html");

pub(crate) fn router() -> Router<Arc<Shared>> {
    ASSETS.into_iter().fold(Router::new().route("/", get(|| async { ASSETS[0] })), |router, asset| {
        router.route(&format!("/{}", asset.name), get(move || async move { asset }))
    })
}

/// Returns the response for an unknown address: a page for people, a problem document for programs.
pub(crate) fn not_found(request: &Request) -> Response {
    let path = request.uri().path();
    let accepted = request.headers().get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok());
    let wants_page = accepted.is_some_and(|accepted| accepted.contains("text/html"));
    if wants_page && !path.starts_with("/api/") && matches!(*request.method(), Method::GET | Method::HEAD) {
        return (StatusCode::NOT_FOUND, NOT_FOUND).into_response();
    }
    Problem::new(StatusCode::NOT_FOUND, format!("nothing is at {path}")).into_response()
}

impl Asset {
    fn kind(&self) -> &'static str {
        match self.name.rsplit_once('.') {
            Some((_, "html")) => "text/html; charset=utf-8",
            Some((_, "css")) => "text/css; charset=utf-8",
            Some((_, "js")) => "text/javascript; charset=utf-8",
            Some((_, "webmanifest")) => "application/manifest+json",
            Some((_, "ico")) => "image/x-icon",
            Some((_, "png")) => "image/png",
            _ => "image/svg+xml",
        }
    }
}

impl IntoResponse for Asset {
    fn into_response(self) -> Response {
        // Always revalidated: the next version of the program has another page under the same name.
        ([(header::CONTENT_TYPE, self.kind()), (header::CACHE_CONTROL, "no-cache")], self.bytes).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeSet, fs, path::Path};

    #[test]
    fn every_file_is_built_in_and_together_they_are_small() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/page");
        let files = fs::read_dir(folder).expect("the page").map(|entry| entry.expect("an entry"));
        let files = files.filter(|entry| entry.file_type().expect("a kind").is_file());
        let names: BTreeSet<String> = files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        assert_eq!(names, ASSETS.iter().map(|asset| asset.name.to_owned()).collect());
        let size: usize = ASSETS.iter().map(|asset| asset.bytes.len()).sum();
        assert!(size < 200 * 1024, "{size} bytes");
    }

    #[test]
    fn nothing_is_asked_of_other_computers() {
        for asset in ASSETS {
            // The SVG namespace is an address that is never requested.
            let text = String::from_utf8_lossy(asset.bytes).replace("http://www.w3.org/2000/svg", "");
            assert!(!text.contains("http://") && !text.contains("https://"), "{}", asset.name);
            assert!(!text.contains("url(//") && !text.contains("=\"//"), "{}", asset.name);
        }
    }
}

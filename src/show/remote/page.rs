//! The page: its files, built into the program.

use super::server::Shared;
use axum::{
    Router,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use std::sync::Arc;

/// A file of the page.
#[derive(Debug, Clone, Copy)]
struct Asset {
    name: &'static str,
    text: &'static str,
}

macro_rules! asset {
    ($name:literal) => {
        Asset { name: $name, text: include_str!(concat!("../../../assets/page/", $name)) }
    };
}

/// All of them; the first is the page itself.
const ASSETS: [Asset; 28] = [
    asset!("index.html"),
    asset!("page.css"),
    asset!("icon.svg"),
    asset!("api.js"),
    asset!("balls.js"),
    asset!("camera.js"),
    asset!("clock.js"),
    asset!("colour.js"),
    asset!("controls.js"),
    asset!("dom.js"),
    asset!("fields.js"),
    asset!("interpolate.js"),
    asset!("list.js"),
    asset!("merge.js"),
    asset!("net.js"),
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
    asset!("tabs.js"),
    asset!("words.js"),
];

pub(super) fn router() -> Router<Arc<Shared>> {
    ASSETS.into_iter().fold(Router::new().route("/", get(|| async { ASSETS[0] })), |router, asset| {
        router.route(&format!("/{}", asset.name), get(move || async move { asset }))
    })
}

impl Asset {
    fn kind(&self) -> &'static str {
        match self.name.rsplit_once('.') {
            Some((_, "html")) => "text/html; charset=utf-8",
            Some((_, "css")) => "text/css; charset=utf-8",
            Some((_, "js")) => "text/javascript; charset=utf-8",
            _ => "image/svg+xml",
        }
    }
}

impl IntoResponse for Asset {
    fn into_response(self) -> Response {
        // The next version of the program has another page under the same name.
        ([(header::CONTENT_TYPE, self.kind()), (header::CACHE_CONTROL, "no-cache")], self.text).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::BTreeSet, fs, path::Path};

    #[test]
    fn every_file_is_built_in_and_together_they_are_small() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/page");
        let files = fs::read_dir(folder).expect("the page").map(|entry| entry.expect("an entry"));
        let files = files.filter(|entry| entry.file_type().expect("a kind").is_file());
        let names: BTreeSet<String> = files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        assert_eq!(names, ASSETS.iter().map(|asset| asset.name.to_owned()).collect());
        let size: usize = ASSETS.iter().map(|asset| asset.text.len()).sum();
        assert!(size < 200 * 1024, "{size} bytes");
    }

    #[test]
    fn nothing_is_asked_of_other_computers() {
        for asset in ASSETS {
            // The name of SVG is an address that nobody asks.
            let text = asset.text.replace("http://www.w3.org/2000/svg", "");
            assert!(!text.contains("http://") && !text.contains("https://"), "{}", asset.name);
            assert!(!text.contains("url(//") && !text.contains("=\"//"), "{}", asset.name);
        }
    }
}

//! Prints what the model of a table sees in pictures, for training its weights.
//!
//! ```text
//! cargo run --release -p billiards-vision --example table_hypotheses -- PICTURE.png ... > hypotheses.jsonl
//! ```
//!
//! Each picture has a JSON of the same stem beside it, with `table_corners` as four places in pixels, or `null` where
//! there is no table; the example `pictures` of `billiards-simulation` writes such pictures. For each a line of JSON is
//! printed: `picture`, `has_table`, `is_whole` (all corners inside), `is_bent` (seen through a fisheye) and
//! `hypotheses`, a list of `error` (the farthest corner's distance from its true place over the table's length; `null`
//! without a table) and `features`. `scripts/train_table_model.py` reads them.

use billiards_table::{TableQuad, longer_side};
use billiards_vision::table_hypotheses;
use opencv::imgcodecs;
use serde_json::{Value, json};
use std::{
    error::Error,
    fs,
    io::{self, Write},
    path::Path,
};

/// Length over width of the tables.
const ASPECT: f64 = 2.0;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    for path in std::env::args().skip(1) {
        let (picture, text) =
            (imgcodecs::imread(&path, imgcodecs::IMREAD_COLOR)?, Path::new(&path).with_extension("json"));
        let truth: Value =
            serde_json::from_str(&fs::read_to_string(&text).map_err(|error| format!("{}: {error}", text.display()))?)?;
        let corners: Option<[[f64; 2]; 4]> = serde_json::from_value(truth["table_corners"].clone())?;
        let hypotheses: Vec<Value> = table_hypotheses(&picture, ASPECT)?
            .iter()
            .map(|found| {
                let error = corners.map(|corners| error(&found.corners, &corners));
                json!({ "error": error, "features": found.features.as_slice() })
            })
            .collect();
        let is_bent = truth["description"].as_str().is_some_and(|words| words.contains("fisheye"));
        let line = json!({
            "picture": path,
            "has_table": corners.is_some(),
            "is_whole": truth["outside"].as_f64().unwrap_or(0.0) <= 0.0,
            "is_bent": is_bent,
            "hypotheses": hypotheses,
        });
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// Returns the distance of the farthest corner from its true place, over the table's length; the corners may be counted
/// from any of them.
fn error(found: &TableQuad, truth: &[[f64; 2]; 4]) -> f64 {
    let worst = |turn: usize| {
        let distance = |i: usize| {
            let (corner, [x, y]) = (found[(i + turn) % 4], truth[i]);
            (corner.x - x).hypot(corner.y - y)
        };
        (0..4).map(distance).fold(0.0, f64::max)
    };
    (0..4).map(worst).fold(f64::INFINITY, f64::min) / longer_side(found)
}

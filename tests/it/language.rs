//! The language of documentation: each comment stands alone, and each public type name means one thing in a crate.

use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Words that begin a fragment which only the item above or the code beside it completes.
const FRAGMENTS: [&str; 12] =
    ["Of", "Whose", "That", "So", "Where", "How", "What", "Whether", "Who", "Which", "And", "Or"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns every Rust file below a folder, in a fixed order.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Returns the folders of sources of the workspace's packages, the application's last.
fn packages() -> Vec<PathBuf> {
    let crates = fs::read_dir(root().join("crates")).expect("the crates");
    let mut folders: Vec<PathBuf> = crates.map(|entry| entry.expect("an entry").path().join("src")).collect();
    folders.sort();
    folders.push(root().join("src"));
    folders
}

/// Returns whether a sentence cannot stand alone: it begins with a fragment or a lower-case letter.
fn is_fragment(sentence: &str) -> bool {
    let first = sentence.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    FRAGMENTS.contains(&first) || sentence.starts_with(char::is_lowercase)
}

/// Returns line number and first line of every doc comment.
fn doc_comments(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut before = false;
    text.lines().enumerate().filter_map(move |(number, line)| {
        let line = line.trim_start();
        let comment = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
        let first = comment.filter(|_| !before);
        before = comment.is_some();
        Some((number + 1, first?.trim()))
    })
}

#[test]
fn a_fragment_is_told_from_a_sentence() {
    for fragment in ["Of the centre.", "Whose way.", "and at once.", "Whether there are any.", "So many at once."] {
        assert!(is_fragment(fragment), "{fragment}");
    }
    for sentence in ["Radius of the ball, metres.", "`true` if it moves.", "Returns the pose.", "Offset, metres."] {
        assert!(!is_fragment(sentence), "{sentence}");
    }
    let text = "/// One.\n/// two\nfn f() {}\n    /// of it\n    a: u8,";
    assert_eq!(doc_comments(text).collect::<Vec<_>>(), [(1, "One."), (4, "of it")]);
}

#[test]
fn every_doc_comment_stands_alone() {
    let (mut faults, mut count) = (Vec::new(), 0);
    let more = ["tests", "benches", "examples", "crates/physics/examples"].map(|folder| root().join(folder));
    for file in packages().iter().chain(&more).flat_map(|folder| rust_files(folder)) {
        let text = fs::read_to_string(&file).expect("a source file");
        let place = file.strip_prefix(root()).unwrap_or(&file).display().to_string();
        count += doc_comments(&text).count();
        let fragments = doc_comments(&text).filter(|(_, sentence)| is_fragment(sentence));
        faults.extend(fragments.map(|(line, sentence)| format!("{place}:{line}: {sentence}")));
    }
    assert!(count > 7000, "{count} comments were read");
    assert!(
        faults.is_empty(),
        "begin with a noun phrase or a verb (CONTRIBUTING.md, How to write):\n{}",
        faults.join("\n")
    );
}

/// Collects the descriptions and summaries in a JSON Schema or an OpenAPI document.
fn descriptions<'a>(document: &'a Value, found: &mut Vec<&'a str>) {
    match document {
        Value::Object(members) => {
            found.extend(["description", "summary"].iter().filter_map(|name| members.get(*name)?.as_str()));
            members.values().for_each(|member| descriptions(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| descriptions(item, found)),
        _ => {}
    }
}

/// Returns whether a text is the description of a body: it begins with a media type, or is the web framework's own.
fn is_of_body(text: &str) -> bool {
    let media_type = ["image/", "multipart/", "application/"].iter().any(|kind| text.starts_with(kind));
    media_type || ["plain text", "no content"].contains(&text)
}

/// Asserts that at least so many descriptions stand in a document, and that each stands alone.
pub fn assert_described(document: &Value, at_least: usize) {
    let mut found = Vec::new();
    descriptions(document, &mut found);
    assert!(found.len() >= at_least, "{} descriptions", found.len());
    let faults: Vec<_> = found.into_iter().filter(|text| is_fragment(text) && !is_of_body(text)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_description_of_the_protocol_stands_alone() {
    assert_described(&billiards_protocol::schema::protocol(), 200);
}

#[test]
fn every_public_type_name_means_one_thing_in_its_crate() {
    let (mut faults, mut count) = (Vec::new(), 0);
    for folder in packages() {
        let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in rust_files(&folder) {
            let text = fs::read_to_string(&file).expect("a source file");
            let names = text.lines().filter_map(|line| {
                let rest = line.strip_prefix("pub ")?;
                let rest = ["struct ", "enum ", "trait ", "type "].iter().find_map(|kind| rest.strip_prefix(kind))?;
                rest.split(|c: char| !c.is_alphanumeric() && c != '_').next()
            });
            for name in names {
                let place = file.strip_prefix(root()).unwrap_or(&file).display().to_string();
                places.entry(name.to_owned()).or_default().push(place);
            }
        }
        count += places.len();
        let twice = places.into_iter().filter(|(_, files)| files.len() > 1);
        faults.extend(twice.map(|(name, files)| format!("{name}: {}", files.join(", "))));
    }
    assert!(count > 400, "{count} public types were read");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

//! Lists the files of `assets/tables` and `assets/ball-sets`, so that a table or a ball set is added by adding its file.

use std::{env, error::Error, fmt::Write as _, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    list("tables", "tables.rs")?;
    list("ball-sets", "ball_sets.rs")
}

/// Writes name and text of each TOML file in a folder of `assets` as an array of Rust, in the order of the files.
fn list(folder: &str, output: &str) -> Result<(), Box<dyn Error>> {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../assets").join(folder).canonicalize()?;
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files: Vec<_> =
        fs::read_dir(&folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    let mut list = String::from("[\n");
    for file in &files {
        println!("cargo::rerun-if-changed={}", file.display());
        let name = file.file_stem().and_then(|stem| stem.to_str()).ok_or("the name of a file is not UTF-8")?;
        let file = file.to_str().ok_or("the path of the assets is not UTF-8")?;
        writeln!(list, "    ({name:?}, include_str!({file:?})),")?;
    }
    list.push(']');
    fs::write(Path::new(&env::var("OUT_DIR")?).join(output), list)?;
    Ok(())
}

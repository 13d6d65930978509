//! Writes random pictures of tables and of places without a table into a folder, each with a JSON file of its truth:
//!
//! ```sh
//! cargo run --release -p billiards-simulation --example pictures -- FOLDER [SEED [TABLES [WITHOUT [MAX_SIDE]]]]
//! ```

use billiards_simulation::{RandomPicture, RandomPictures};
use billiards_table::BallClass;
use opencv::{core::Vector, imgcodecs::imwrite, prelude::*};
use std::{
    env,
    error::Error,
    fs,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

/// Returns the truth of a picture as JSON, in the form of the annotated photographs.
fn truth(picture: &RandomPicture, file: &str) -> String {
    let (width, height) = (picture.image.cols(), picture.image.rows());
    let (mut corners, mut balls, mut outside) = ("null".to_owned(), Vec::new(), 0.0);
    if let Some(table) = &picture.table {
        corners = format!("[{}]", table.corners.map(|p| format!("[{:.2}, {:.2}]", p.x, p.y)).join(", "));
        outside = table.outside;
        balls.extend(table.balls.iter().filter(|ball| ball.is_clear()).map(|ball| {
            let class = ball.label.class().map_or("other", BallClass::name);
            let (p, radius, label) = (ball.centre, ball.radius, ball.label);
            let place = format!("\"x\": {:.2}, \"y\": {:.2}, \"r\": {radius:.2}", p.x, p.y);
            format!("{{{place}, \"label\": \"{label}\", \"class\": \"{class}\"}}")
        }));
    }
    let description = picture.description.replace('"', "'");
    let balls = balls.join(", ");
    format!(
        "{{\"image\": \"{file}\", \"width\": {width}, \"height\": {height}, \"table_corners\": {corners}, \
         \"outside\": {outside:.1}, \"balls\": [{balls}], \"description\": \"{description}\"}}\n"
    )
}

fn write(folder: &Path, name: &str, picture: &RandomPicture) -> Result<(), Box<dyn Error>> {
    let file = format!("{name}.png");
    let path = folder.join(&file);
    let path = path.to_str().ok_or("the path is not UTF-8")?;
    if !imwrite(path, &picture.image, &Vector::new())? {
        return Err(format!("cannot write {path}").into());
    }
    Ok(fs::write(folder.join(format!("{name}.json")), truth(picture, &file))?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let folder = arguments.first().ok_or("usage: pictures FOLDER [SEED [TABLES [WITHOUT [MAX_SIDE]]]]")?;
    let number = |place: usize, otherwise: u64| arguments.get(place).map_or(Ok(otherwise), |text| text.parse());
    let (seed, tables, without, max_side) = (number(1, 1)?, number(2, 100)?, number(3, 40)?, number(4, 3840)?);
    let folder = Path::new(folder);
    fs::create_dir_all(folder)?;
    let pictures = RandomPictures::new(seed).with_max_side(max_side.try_into()?);
    let next = AtomicU64::new(0);
    let work = || -> Result<(), String> {
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let one = || match i {
                _ if i < tables => write(folder, &format!("table_{i:03}"), &pictures.table(i)?),
                _ => write(folder, &format!("without_{:03}", i - tables), &pictures.without_table(i - tables)?),
            };
            if i >= tables + without {
                return Ok(());
            }
            one().map_err(|error| format!("picture {i}: {error}"))?;
        }
    };
    let workers = thread::available_parallelism().map_or(1, |count| count.get());
    let done: Result<(), String> = thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        running.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|_| Err("a worker panicked".to_owned())))
    });
    Ok(done?)
}

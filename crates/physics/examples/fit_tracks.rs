//! Fits a table's friction and cushions to tracks of balls, as a camera would record them.
//!
//! Reads the CSV files given as arguments (columns `t,ball,x,y`: seconds, a name, metres). Without any, it generates
//! the tracks of twelve shots on a table that differs from the default one, so that the fit can be compared with the
//! truth.
//!
//! ```sh
//! cargo run --release -p billiards-physics --example fit_tracks [FILE.csv ...]
//! ```

#![expect(clippy::print_stdout, reason = "an example prints its result")]

use billiards_physics::{
    BallMotion, Engine, Physics, Stroke, Table, Vec2,
    fitting::{FitSettings, Sample, Track, fit, read_tracks},
};
use billiards_table::{TableKind, TablePoint};
use std::{error::Error, path::PathBuf};

/// Frame rate of the imitated camera, pictures per second.
const FPS: f64 = 30.0;

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let tracks = if files.is_empty() {
        let mut truth = Physics::default();
        truth.ball.rolling_friction = 0.0075;
        truth.cushion.restitution = 0.80;
        println!("the truth: rolling friction 0.0075, cushion restitution 0.80\n");
        imitate(truth)?
    } else {
        read_tracks(&files, &TableKind::NINE_FOOT.spec(), None)?
    };
    println!("{}", fit(&tracks, &FitSettings::new(TableKind::NINE_FOOT))?);
    Ok(())
}

/// Returns the tracks of twelve shots of a single ball.
fn imitate(physics: Physics) -> Result<Vec<Track>, Box<dyn Error>> {
    let engine = Engine::new(Table::from(&TableKind::NINE_FOOT.spec()), physics)?;
    let mut tracks = Vec::new();
    for (recording, turn) in (0_u8..12).enumerate() {
        let stroke = Stroke::plain(0.8 + 0.1 * f64::from(turn), 0.4 + 0.5 * f64::from(turn));
        let shot = engine.shoot(&[BallMotion::at_rest(Vec2::new(0.5, 0.9))], 0, &stroke)?;
        let states = (0_u16..)
            .map(|frame| f64::from(frame) / FPS)
            .take_while(|t| *t < shot.duration())
            .filter_map(|t| Some((t, shot.state(0, t)?.position)));
        let samples = states.map(|(t, place)| Sample { t, position: TablePoint::new(place.x, place.y) }).collect();
        tracks.push(Track { recording, ball: "cue".to_owned(), samples });
    }
    Ok(tracks)
}

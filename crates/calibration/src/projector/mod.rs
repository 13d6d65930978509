//! Calibration of the projector with the camera: patterns, their decoding, and the solver for the projector's view.
//!
//! Pure: no entities, no threads, no clock. Coded dots ([`DotGrid`]) are projected letter by letter, each letter with
//! its inverse, so that the light of the room, the cloth's texture and the balls cancel. They are read ([`read_dots`])
//! and solved ([`solve_projector`]) for a map, which is then checked with dots at known places of the table
//! ([`CheckDots`]). Dots in a grid are preferred to ArUco markers, whose black quiet zones and edges a dim projector
//! loses in the cloth's texture, and to Gray codes, whose stripes are blurred at their edges and need every pixel lit.

mod check_dots;
mod code;
mod decode;
mod error;
mod fit;
mod latency;
mod light;
mod observed_table;
mod pattern;
mod solve;
mod spot;
mod still;
mod strength;

pub use check_dots::{CheckDots, CheckReport, CheckedPoint, former_error_mm};
pub use decode::{DetectedDot, DotReading, DotRejection, LetterLight, read_dots};
pub use error::ProjectorError;
pub(super) use fit::median;
pub use fit::{fit_all, fit_map};
pub use latency::{Flash, Latency, LatencyError, LatencyEstimator, flashes};
pub use light::{MeanLight, light};
pub use observed_table::{CORNERS_TO_BED, ObservedTable};
pub use pattern::DotGrid;
pub use solve::{PointReport, ProjectorCalibration, RMS_LIMIT_MM, Unused, solve_projector};
pub use still::shift;
pub use strength::{LightAssessment, assess_light};

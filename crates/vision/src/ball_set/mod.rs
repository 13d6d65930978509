//! Ball sets in pictures: their colours under the light of a table, and the recognition of a set.

mod palette;
mod recognition;

pub(super) use palette::{Kind, Marking, Palette};
pub(super) use recognition::Recognition;

//! The engine as a whole: against the recordings, against known answers, and against what must always hold.

mod edges;
mod known;
mod properties;
mod reference;

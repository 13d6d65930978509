//! Tests of the whole engine: against the recordings, against known results, and of its invariants.

mod edges;
mod known;
mod properties;
mod reference;
mod tables;

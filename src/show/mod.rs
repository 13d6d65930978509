//! Outputs: the projector's light, the operator's panel, browsers, files of pictures.

pub mod export;
pub mod overlay;
pub mod panel;
pub mod remote;
pub mod tap;

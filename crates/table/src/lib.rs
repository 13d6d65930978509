//! Data of a billiards table: typed coordinates, the table, its balls, its cue, a shot, contacts of swept points, the
//! settings of a trainer with their catalogue ([`settings`]), the commands of its operator ([`command`]), and the
//! reading of documents that hold such data ([`document`]).
//!
//! Lengths are metres in the table's frame: the origin where two nose lines meet, x across, y along. The feature `bevy`
//! derives Bevy's components, resources and messages.

mod ball;
mod ball_set;
pub mod command;
mod corner_places;
mod cue;
mod diamonds;
pub mod document;
mod event;
mod frames;
mod jaw_outline;
mod lens;
mod light;
mod mark;
mod odds;
mod passage;
mod pattern;
mod pocket_mouth;
mod pose;
mod profile_name;
mod projector;
pub mod settings;
mod shot;
mod strike;
pub mod sweep;
mod table;
mod table_choice;
mod table_dimension;
mod table_evidence;
mod table_features;
mod table_file;
mod table_kind;
pub mod text;
mod view;

pub use ball::{Ball, BallClass, BallId, BallLabel, BallLooks, BallState, PlainColour, UnknownLabel};
pub use ball_set::{BallColour, BallSet, BallSetError};
pub use corner_places::{CornerPlacesError, check_corner_places, is_near_picture, ordered_corners};
pub use cue::{Cue, CueState};
pub use diamonds::Diamond;
pub use event::TableEvent;
pub use frames::{
    CameraPoint, CameraPx, FrameSize, Homography, ProjectorPoint, ProjectorPx, TableMetres, TablePoint, TableQuad,
    TableVector, distance_to_segment, longer_side, rounded, shorter_side,
};
pub use jaw_outline::JawOutline;
pub use lens::{Lens, Pinhole, SensorPoint, SensorPx};
pub use light::{LightPicture, LightRing, LightTriangle, ProjectedLight, ProjectorPicture};
pub use mark::HandMark;
pub use odds::{LiveOdds, Opening, PotChance, RestSpread, ShotOdds};
pub use pattern::{LightDisc, PatternPicture};
pub use pocket_mouth::{MeasuredDimension, PocketMouth};
pub use pose::Pose;
pub use profile_name::{BadProfileName, ProfileName};
pub use projector::{ProjectorMode, ProjectorOutput, TestCard};
pub use settings::ShotSettings;
pub use shot::{
    AimLine, AimTarget, BallPath, Fate, GhostBall, LivePrediction, MotionState, PathPiece, PredictedEvent,
    PredictedEventKind, Prediction,
};
pub use strike::{LiveStrikeSpeed, SpeedSource, StrikeSpeed};
pub use table::{
    BallSize, ClothSpec, CushionSpec, MAX_SPOTS, Markings, PocketPair, PocketSpec, Sights, Spots, TableSpec,
};
pub use table_choice::{TableChoice, TableError, UnknownTable};
pub use table_dimension::TableDimension;
pub use table_evidence::{TableEvidence, TableLikelihood};
pub use table_features::{FeatureId, Jaw, Pocket, PocketId, RailSegment, TableFeatures};
pub use table_file::{GAMES, TableFile, TableFileError};
pub use table_kind::{TableKind, TableName};
pub use view::{Calibration, CameraView, ProjectorView};

//! State of the calibration: one report for panel, REST and page.

use crate::message::LikelyTableData;
use billiards_table::{
    MeasuredDimension, PocketMouth, TableChoice, TableDimension, TableFile, TableKind, TablePoint, TableSpec, TestCard,
    rounded,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// State of the calibration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CalibrationReport {
    /// Origin and accuracy of the camera's calibration; `null` while the table is not known in its picture.
    pub camera: Option<CameraReport>,
    /// Origin and accuracy of the projector's calibration.
    pub projector: ProjectorReport,
    /// Combined delay of projector and camera, milliseconds; `null` before it is measured.
    pub latency_ms: Option<f64>,
    /// Progress of the running procedure, of the whole calibration or of the lens alone; `null` while none runs.
    pub running: Option<CalibrationProgress>,
    /// Reason why the last procedure failed, in words; `null` if it succeeded, and while one runs.
    pub last_error: Option<String>,
    /// Observed offset of the projector's light from its correct place, in words; `null` while it is within tolerance.
    pub drift: Option<String>,
    /// `true` if this run can calibrate automatically, that is, if it has a projector.
    pub by_itself: bool,
    /// `true` if a change can be undone.
    pub can_undo: bool,
    /// `true` if a change that was undone can be redone.
    pub can_redo: bool,
    /// `true` while the check pattern is projected on the cloth.
    pub check: bool,
    /// Test card that is projected on the cloth; `null` for none.
    pub card: Option<TestCard>,
    /// Points that can be moved by hand.
    pub points: PointsData,
    /// Calibration profiles on disk.
    pub profiles: ProfilesData,
    /// The table: the operator's choice, and the table in force.
    pub table: TableReport,
}

/// The operator's choice of table, and the table in force.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TableReport {
    /// Choice of the operator.
    pub choice: TableChoice,
    /// Name of the table in force for people.
    pub title: String,
    /// Reason for the table in force, in words.
    pub reason: String,
    /// Likeliest tables, at most two, the likeliest first; empty unless the table is estimated from the picture, and
    /// until there is an estimate.
    pub likely: Vec<LikelyTableData>,
    /// `true` if the table in force has pockets.
    pub pockets: bool,
    /// Dimensions of the table in force that can be changed one by one.
    pub dimensions: Vec<DimensionData>,
    /// Mouths of the pockets as measured in the camera's picture; those that are hidden are missing. Empty unless the
    /// table is a custom one with pockets whose corners are known in the picture, and for the first seconds after it
    /// has changed.
    pub mouths: Vec<PocketMouth>,
    /// Dimensions that the measured mouths propose, at most the widths of corner and side pockets. They change nothing
    /// until they are sent as a change of the table.
    pub measured: Vec<MeasuredDimension>,
    /// All dimensions of the table in force, as in a table file.
    pub spec: TableFile,
}

impl TableReport {
    /// Creates a report.
    #[must_use]
    pub fn new(
        choice: TableChoice,
        table: &TableSpec,
        reason: &str,
        likely: Vec<LikelyTableData>,
        mouths: &[PocketMouth],
    ) -> Self {
        let dimension = |id: TableDimension| {
            let (minimum, maximum) = id.range(table).into_inner();
            let title = id.title().to_owned();
            Some(DimensionData { id, title, value: id.of(table)?, minimum, maximum })
        };
        Self {
            choice,
            title: table.title(),
            reason: reason.to_owned(),
            likely,
            pockets: table.pockets.is_some(),
            dimensions: TableDimension::ALL.into_iter().filter_map(dimension).collect(),
            mouths: mouths.to_vec(),
            measured: MeasuredDimension::of_mouths(mouths),
            spec: TableFile::from(table),
        }
    }
}

/// A dimension of the table, with the range of its possible values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DimensionData {
    /// Id of the dimension: the member that changes it in a request.
    pub id: TableDimension,
    /// Name of the dimension for people.
    pub title: String,
    /// Present value, metres.
    pub value: f64,
    /// Minimum value while the other dimensions stay as they are, metres.
    pub minimum: f64,
    /// Maximum value while the other dimensions stay as they are, metres.
    pub maximum: f64,
}

/// Shipped tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TablesData {
    /// The tables, in the order of their names.
    pub tables: Vec<TableTitle>,
}

impl TablesData {
    /// Returns all shipped tables.
    #[must_use]
    pub fn shipped() -> Self {
        let titled = |kind: TableKind| TableTitle { name: kind.name().to_owned(), title: kind.title().to_owned() };
        Self { tables: TableKind::all().map(titled).collect() }
    }
}

/// Name and title of a shipped table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TableTitle {
    /// Name of the table in requests and messages.
    pub name: String,
    /// Name of the table for people.
    pub title: String,
}

/// Points in the projector's picture that can be moved by hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PointsData {
    /// Size of the projector's picture, pixels.
    pub size: SizeData,
    /// The points: the four corners, then those that were added.
    pub points: Vec<PointData>,
    /// Index of the selected point, counted from 0: the one that `nudge` without a number moves, and arrow keys in the
    /// panel.
    pub selected: usize,
    /// Names of points that can be added.
    pub addable: Vec<String>,
    /// Ids of the marks on the table that belong to the names in `addable`, in the same order; a request may use
    /// either.
    pub marks: Vec<String>,
    /// `true` while the points are projected on the cloth.
    pub shown: bool,
}

/// Size of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SizeData {
    /// Width, pixels.
    pub width: u32,
    /// Height, pixels.
    pub height: u32,
}

/// A point in the projector's picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PointData {
    /// Name of the place on the table where the point belongs.
    pub name: String,
    /// X coordinate of the point in the projector's picture, pixels, growing to the right.
    pub x: f64,
    /// Y coordinate of the point in the projector's picture, pixels, growing downwards.
    pub y: f64,
    /// Distance of the light from the place, millimetres; `null` with four points, which always match exactly.
    pub miss_mm: Option<f64>,
    /// `true` if the point is an outlier: it contradicts all others.
    pub wrong: bool,
    /// `true` if the point was added and can be removed.
    pub extra: bool,
}

/// Calibration profiles on disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProfilesData {
    /// Names of the profiles.
    pub profiles: Vec<String>,
    /// Name under which the calibration is saved.
    pub current: String,
}

/// Progress of a procedure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ProgressData")]
pub struct CalibrationProgress {
    /// Completed share of the procedure, 0 to 1.
    pub share: f64,
    /// Present step, and what the operator is to do, for people.
    pub words: String,
}

/// Origin and accuracy of the camera's calibration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CameraReport {
    /// Origin of the calibration, in words.
    pub made: String,
    /// Description of the lens, in words; `null` where pictures are assumed to be free of distortion.
    pub lens: Option<String>,
    /// Height of the camera over the bed, metres; `null` if it is unknown.
    pub height: Option<f64>,
    /// Expected error of a ball's position, millimetres; `null` if it is unknown.
    pub error_mm: Option<f64>,
}

/// Origin and accuracy of the projector's calibration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectorReport {
    /// Origin of the calibration, in words.
    pub made: String,
    /// Root mean square error, millimetres: the one to expect on the cloth after an automatic calibration, or that of
    /// the points after a calibration by hand; `null` where nothing was measured.
    pub rms_mm: Option<f64>,
    /// Error at the worst place, millimetres; never below the root mean square error; `null` where nothing was
    /// measured.
    pub worst_mm: Option<f64>,
    /// The points, as they were measured.
    pub points: Vec<MeasuredPointData>,
}

/// A place on the cloth where the projector's light was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeasuredPointData {
    /// X coordinate of the place where the light should fall (across the table), metres.
    pub x: f64,
    /// Y coordinate of the place where the light should fall (along the table), metres.
    pub y: f64,
    /// Offset of the light from that place across the table, millimetres.
    pub dx_mm: f64,
    /// Offset of the light from that place along the table, millimetres.
    pub dy_mm: f64,
    /// `true` if the point was used; outliers are not.
    pub used: bool,
}

impl MeasuredPointData {
    /// Creates a report of the light's offset, millimetres along the table's x and y, from its place on the table.
    #[must_use]
    pub fn new(place: TablePoint, off_mm: [f64; 2], used: bool) -> Self {
        Self { x: rounded(place.x), y: rounded(place.y), dx_mm: off_mm[0], dy_mm: off_mm[1], used }
    }

    /// Returns the distance of the light from its place, millimetres.
    #[must_use]
    pub fn error_mm(&self) -> f64 {
        self.dx_mm.hypot(self.dy_mm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_table::{PocketId, TableName};
    use serde_json::json;

    #[test]
    fn a_table_is_reported_with_what_can_be_changed() {
        let snooker = TableKind::named("snooker-12ft").expect("shipped");
        let report = TableReport::new(TableChoice::Kind(snooker), &snooker.spec(), "as given", Vec::new(), &[]);
        assert_eq!((report.title.as_str(), report.pockets), ("Snooker, 12 ft", true));
        assert_eq!(report.dimensions.len(), TableDimension::ALL.len());
        assert!(report.dimensions.iter().all(|known| (known.minimum..=known.maximum).contains(&known.value)));
        let json = serde_json::to_value(&report).expect("JSON");
        assert_eq!((&json["choice"], &json["dimensions"][0]["id"]), (&"snooker-12ft".into(), &"length".into()));
        assert_eq!(serde_json::from_value::<TableReport>(json).expect("a report"), report);

        let custom = TableSpec { kind: TableName::Custom, pockets: None, ..snooker.spec() };
        let report = TableReport::new(custom.into(), &custom, "as given", Vec::new(), &[]);
        assert_eq!((report.title.as_str(), report.pockets), ("custom 3.57 × 1.78 m", false));
        assert_eq!(report.dimensions.len(), TableDimension::ALL.len() - 2);
        assert_eq!(report.spec.spec(TableName::Custom), Ok(custom));
    }

    #[test]
    fn measured_mouths_are_told_with_what_they_propose() {
        let mouth = |pocket, width| PocketMouth { pocket, width, uncertainty: 0.002 };
        let mouths = [mouth(PocketId::LeftBottom, 0.084), mouth(PocketId::LeftCentre, 0.088)];
        let custom = TableSpec { kind: TableName::Custom, ..TableKind::NINE_FOOT.spec() };
        let report = TableReport::new(custom.into(), &custom, "as given", Vec::new(), &mouths);
        let json = serde_json::to_value(&report).expect("JSON");
        assert_eq!(json["mouths"][1], json!({"pocket": "lc", "width": 0.088, "uncertainty": 0.002}));
        assert_eq!(json["measured"][0], json!({"id": "corner_width", "value": 0.084, "uncertainty": 0.002}));
        assert_eq!((report.mouths.len(), report.measured.len()), (2, 2));
    }

    #[test]
    fn every_shipped_table_is_listed() {
        let listed = TablesData::shipped().tables;
        assert_eq!(listed.len(), TableKind::all().len());
        assert!(listed.iter().any(|table| table.name == "9ft" && table.title == "American, 9 ft"));
    }
}

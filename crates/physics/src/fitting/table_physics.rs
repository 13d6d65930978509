//! The file with the fitted parameters of one table.

use super::report::{FitReport, Standing};
use crate::{Physics, PhysicsError};
use billiards_table::{TableKind, TableSpec};
#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};
#[cfg(feature = "serde")]
use std::path::Path;
use std::{fmt::Write, io, path::PathBuf};

/// Measured friction and restitution of one table. In a file (TOML), parameters that are left out have the values that
/// are usual for the kind of table.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[cfg_attr(feature = "bevy", derive(bevy_ecs::resource::Resource))]
#[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
pub struct TablePhysics {
    /// Coefficient of friction of a sliding ball on the cloth.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub sliding_friction: Option<f64>,
    /// Coefficient of resistance of a ball rolling on the cloth.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub rolling_friction: Option<f64>,
    /// Coefficient of restitution of the cushions.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub cushion_restitution: Option<f64>,
    /// Coefficient of friction of the cushions.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub cushion_friction: Option<f64>,
    /// Coefficient of restitution between two balls.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub ball_restitution: Option<f64>,
}

/// Error of a file with fitted parameters.
#[derive(Debug, thiserror::Error)]
pub enum TablePhysicsError {
    /// The file cannot be read.
    #[error("cannot read the fitted table ({source}): {}", path.display())]
    Access {
        /// Path of the file.
        path: PathBuf,
        /// Cause of the error.
        source: io::Error,
    },
    /// The text is not a valid [`TablePhysics`].
    #[error("not a fitted table ({reason}): {}", path.display())]
    Format {
        /// Path of the file.
        path: PathBuf,
        /// Line number and reason, one line.
        reason: String,
    },
    /// A parameter is out of range.
    #[error("{}: {source}", path.display())]
    Range {
        /// Path of the file.
        path: PathBuf,
        /// The parameter and its valid range.
        source: PhysicsError,
    },
}

impl TablePhysics {
    /// Returns the model of a table with these parameters.
    #[must_use]
    pub fn of_table(&self, table: &TableSpec) -> Physics {
        let mut physics = Physics::of_table(table);
        let set = |value: &mut f64, measured: Option<f64>| *value = measured.unwrap_or(*value);
        set(&mut physics.ball.sliding_friction, self.sliding_friction);
        set(&mut physics.ball.rolling_friction, self.rolling_friction);
        set(&mut physics.cushion.restitution, self.cushion_restitution);
        set(&mut physics.cushion.friction, self.cushion_friction);
        set(&mut physics.ball.restitution, self.ball_restitution);
        physics
    }

    /// Reads and checks a file.
    ///
    /// # Errors
    /// An error names the file and what is wrong in it.
    #[cfg(feature = "serde")]
    pub fn load(path: &Path) -> Result<Self, TablePhysicsError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| TablePhysicsError::Access { path: path.into(), source })?;
        let text = text.trim_start_matches('\u{feff}');
        let table: Self = toml::from_str(text).map_err(|error| {
            let line =
                error.span().map_or(1, |span| 1 + text.get(..span.start).unwrap_or_default().matches('\n').count());
            let reason = format!("line {line}: {}", error.message().replace('\n', " "));
            TablePhysicsError::Format { path: path.into(), reason }
        })?;
        table
            .of_table(&TableKind::NINE_FOOT.spec())
            .validate()
            .map_err(|source| TablePhysicsError::Range { path: path.into(), source })?;
        Ok(table)
    }

    /// Returns the text of a file with the result of a fit. A comment on each line gives the uncertainty of the value,
    /// or the reason for the default.
    #[must_use]
    pub fn text(report: &FitReport) -> String {
        let mut text = String::from("# Fitted to recorded tracks; remove a line to have its default.\n");
        for warning in &report.warnings {
            // Writing to a string cannot fail.
            writeln!(text, "# Warning: {warning}").unwrap_or_default();
        }
        for estimate in &report.estimates {
            let key = estimate.parameter.name().replace(' ', "_");
            let how = match &estimate.standing {
                Standing::Fitted { plus_minus } => format!("± {plus_minus:.5} (95 %)"),
                Standing::AtLimit { would_be } => {
                    format!("default: the best fit, {would_be:.3}, is the limit of the search")
                }
                Standing::TooWeak { .. } => "default: the tracks say too little".to_owned(),
                Standing::NoEvidence { .. } => "default: the tracks say nothing".to_owned(),
            };
            writeln!(text, "{key} = {:?} # {how}", estimate.value).unwrap_or_default();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<TablePhysics, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("table.toml");
        std::fs::write(&path, text).expect("written");
        let prefix = format!("{}", path.display());
        TablePhysics::load(&path).map_err(|error| error.to_string().replace(&prefix, "FILE"))
    }

    #[test]
    fn what_is_left_out_is_the_default() {
        let table = load("rolling_friction = 0.007").expect("sound");
        assert_eq!(table, TablePhysics { rolling_friction: Some(0.007), ..TablePhysics::default() });
        let spec = TableKind::SEVEN_FOOT.spec();
        let physics = table.of_table(&spec);
        assert_eq!(physics.ball.rolling_friction, 0.007);
        assert_eq!(physics.cushion, Physics::of_table(&spec).cushion);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let refused = |text: &str| load(text).expect_err("refused");
        assert!(refused("\nrollin = 1").contains("line 2: unknown field `rollin`"), "{}", refused("\nrollin = 1"));
        assert_eq!(
            refused("cushion_restitution = 1.5"),
            "FILE: physics: cushion restitution is 1.5, expected more than 0, at most 1"
        );
        assert!(refused("sliding_friction = nan").contains("sliding friction is NaN"));
    }
}

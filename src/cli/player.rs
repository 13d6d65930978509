//! The stroke of the shown shot and the player's errors, as options of the command line: one for each number of those
//! two groups of the catalogue, and for each switch that is off by default.

use super::Failure;
use billiards_table::{
    settings::{Field, Group, Number, Setting, Settings, Unit},
    text::Compact,
};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use std::sync::LazyLock;

/// Settings that the command line gives. Those that it does not give keep their values.
#[derive(Debug, Default)]
pub(super) struct PlayerArgs {
    /// Numbers, in the units of their options.
    numbers: Vec<(&'static Setting, f64)>,
    /// Switches that are turned on.
    switches: Vec<&'static Setting>,
}

/// Settings that have an option, each with the option's name without its dashes.
static OPTIONS: LazyLock<Vec<(&Setting, String)>> = LazyLock::new(|| {
    let settings = [Group::Stroke, Group::Errors].into_iter().flat_map(Group::settings);
    settings.filter(|setting| has_option(setting)).map(|setting| (setting, option_of(setting))).collect()
});

/// Returns whether a setting has an option. A switch that is on by default needs none: giving the number that it
/// replaces turns it off.
fn has_option(setting: &Setting) -> bool {
    match setting.field {
        Field::Number(..) => true,
        Field::Switch(switch) => !*switch(&mut Settings::default()),
        Field::Colour(_) => false,
    }
}

/// Returns the name of the setting within its group.
fn name_of(setting: &Setting) -> &'static str {
    setting.path.rsplit('.').next().unwrap_or(setting.path)
}

/// Returns the name of the option of a setting without its dashes.
fn option_of(setting: &Setting) -> String {
    name_of(setting).replace('_', "-")
}

/// Unit of an option.
struct OptionUnit {
    /// Unit in words.
    words: &'static str,
    /// Name of the option's value in the help.
    value_name: &'static str,
    /// Factor from the stored value.
    scale: f64,
}

/// Returns the unit of an option: the displayed one, but English is counted to the left, as it is stored.
fn unit_of(number: &Number) -> OptionUnit {
    let scale = number.unit.scale();
    let (words, value_name, scale) = match number.unit {
        Unit::Metres => ("millimetres", "MM", scale),
        Unit::MetresPerSecond => ("m/s", "M/S", scale),
        Unit::Radians => ("degrees", "DEGREES", scale),
        Unit::Share => ("per cent", "PERCENT", scale),
        Unit::BallRadii => ("ball radii", "RADII", scale),
        Unit::BallRadiiToLeft => ("ball radii", "RADII", 1.0),
    };
    OptionUnit { words, value_name, scale }
}

/// Returns the permitted values of an option, in its unit.
fn range_of(number: &Number) -> (f64, f64) {
    match number.unit {
        Unit::BallRadiiToLeft => (*number.range.start(), *number.range.end()),
        _ => number.displayed_range().into_inner(),
    }
}

/// Returns the option for a setting.
fn option_arg(setting: &'static Setting, option: &'static str) -> Arg {
    let arg = Arg::new(setting.path).long(option);
    let help = setting.help.trim_end_matches('.');
    let Field::Number(field, number) = &setting.field else {
        return arg.help(help.to_owned()).action(ArgAction::SetTrue);
    };
    let OptionUnit { words, value_name, scale } = unit_of(number);
    let digits = 10_f64.powi(number.decimals.into());
    let default = (*field(&mut Settings::default()) * scale * digits).round() / digits;
    let replaced = setting.overrides.and_then(Setting::find);
    // The switch that the number turns off stands in for its default.
    let default = match replaced {
        Some(switch) if !has_option(switch) => format!("{}: {default} at first", switch.label.to_lowercase()),
        _ => default.to_string(),
    };
    let side = if number.unit == Unit::BallRadiiToLeft { " to the left" } else { "" };
    let (least, most) = range_of(number);
    let first = help.split(". ").next().unwrap_or(help);
    let help = format!("{first}; {words}{side}, {least} to {most} [default: {default}]");
    let conflict = replaced.filter(|switch| has_option(switch)).map(|switch| switch.path);
    let arg = arg.help(help).value_name(value_name).allow_negative_numbers(true);
    arg.value_parser(clap::value_parser!(f64)).conflicts_with_all(conflict)
}

impl Args for PlayerArgs {
    fn augment_args(command: Command) -> Command {
        OPTIONS.iter().fold(command, |command, (setting, option)| command.arg(option_arg(setting, option)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for PlayerArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut args = Self::default();
        args.update_from_arg_matches(matches)?;
        Ok(args)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for setting in OPTIONS.iter().map(|(setting, _)| *setting) {
            match setting.field {
                Field::Number(..) => self.numbers.extend(matches.get_one(setting.path).map(|value| (setting, *value))),
                _ if matches.get_flag(setting.path) => self.switches.push(setting),
                _ => {}
            }
        }
        Ok(())
    }
}

impl PlayerArgs {
    /// Returns these settings with the options of the command line applied. A number turns the switch off that would
    /// replace it.
    ///
    /// # Errors
    /// A number out of its range.
    pub fn over(&self, mut settings: Settings) -> Result<Settings, Failure> {
        for (setting, value) in &self.numbers {
            let Field::Number(field, number) = &setting.field else { continue };
            let OptionUnit { words, scale, .. } = unit_of(number);
            let (least, most) = range_of(number);
            if !(least..=most).contains(value) {
                let (option, name) = (option_of(setting), name_of(setting).replace('_', " "));
                let value = Compact(*value);
                let message = format!("--{option}: {name} ({words}) is {value}, expected {least} to {most}");
                return Err(Failure::usage(message));
            }
            *field(&mut settings) = *value / scale;
            if let Some(Field::Switch(switch)) = setting.overrides.and_then(Setting::find).map(|other| &other.field) {
                *switch(&mut settings) = false;
            }
        }
        for setting in &self.switches {
            if let Field::Switch(switch) = setting.field {
                *switch(&mut settings) = true;
            }
        }
        settings.validate().map_err(Failure::usage)?;
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(options: &[&str]) -> Result<Settings, String> {
        let command = PlayerArgs::augment_args(Command::new("run"));
        let matches = command.try_get_matches_from(std::iter::once(&"run").chain(options));
        let args = PlayerArgs::from_arg_matches(&matches.map_err(|error| error.to_string())?);
        let args = args.map_err(|error| error.to_string())?;
        args.over(Settings::default()).map_err(|failure| failure.message.unwrap_or_default())
    }

    #[test]
    fn options_are_in_their_units_and_turn_off_what_would_replace_them() {
        let default = Settings::default().shot;
        assert!(default.speed_from_cue && !default.side_from_cue);
        assert_eq!(parsed(&[]).expect("nothing").shot, default);
        let shot = parsed(&["--strike-speed", "3", "--side", "-0.2", "--aim-error", "0.5", "--speed-error", "4"])
            .expect("in range")
            .shot;
        assert_eq!((shot.strike_speed, shot.speed_from_cue, shot.side), (3.0, false, -0.2));
        assert!((shot.aim_error - 0.5_f64.to_radians()).abs() < 1e-12 && (shot.speed_error - 0.04).abs() < 1e-12);
        assert!(parsed(&["--side-from-cue"]).expect("a switch").shot.side_from_cue);
    }

    #[test]
    fn bad_options_are_explained() {
        let error = |options: &[&str]| parsed(options).expect_err("bad options");
        assert_eq!(error(&["--elevation", "200"]), "--elevation: elevation (degrees) is 200, expected 0 to 80");
        assert!(error(&["--side", "nan"]).starts_with("--side: side (ball radii) is NaN"));
        assert!(error(&["--side", "0.1", "--side-from-cue"]).contains("cannot be used with"));
        assert!(error(&["--height", "low"]).contains("invalid"));
    }

    #[test]
    fn the_help_states_unit_range_and_default() {
        let help = PlayerArgs::augment_args(Command::new("run").term_width(500)).render_help().to_string();
        for part in [
            "--tip-error <RADII>",
            "m/s, 0.05 to 15 [default: speed from the player: 2 at first]",
            "per cent, 0 to 100 [default: 3]",
            "to the left",
        ] {
            assert!(help.contains(part), "{part}: {help}");
        }
    }
}

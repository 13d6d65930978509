//! The option `--corners` of the subcommands that see a table.

use super::{Failure, source};
use billiards_calibration::{CalibrationSetup, CornersOrigin};
use billiards_capture::Opener;
use billiards_table::{CameraPoint, FrameSize, Lens, SensorPoint, TableQuad, check_corner_places, ordered_corners};
use clap::{
    Args,
    error::{ContextKind, ContextValue, ErrorKind},
};
use std::{fmt, path::PathBuf};

/// Example of the option, for the help and for errors.
const EXAMPLE: &str = "--corners 212,160 1068,158 1180,640 98,642";

/// Corners of the table on the command line.
#[derive(Debug, Args)]
pub(super) struct CornersArgs {
    #[arg(long, value_name = "X,Y", num_args = 4, value_parser = place, allow_hyphen_values = true, help = help())]
    corners: Option<Vec<[f64; 2]>>,
}

fn help() -> String {
    format!(
        "Corners of the table, where the nose lines meet, in pixels of the picture as delivered, one after the other \
         around the table, starting at any, e.g. {EXAMPLE}. They count as set by hand: the table is not searched for. \
         They are for pictures of the size of the first one, and `run` does not save them by itself"
    )
}

/// Parses a place in a picture, pixels.
pub(super) fn place(text: &str) -> Result<[f64; 2], String> {
    let number = |part: &str| part.trim().parse().ok().filter(|number: &f64| number.is_finite());
    let numbers: Option<Vec<f64>> = text.split(',').map(number).collect();
    let place = numbers.and_then(|numbers| numbers.try_into().ok());
    place.ok_or_else(|| format!("expected two numbers, four times, e.g. {EXAMPLE}"))
}

/// Adds an example to clap's own error about the number of corners.
pub(super) fn add_example(error: &mut clap::Error) {
    let argument = error.get(ContextKind::InvalidArg).map(ToString::to_string).unwrap_or_default();
    let is_of_corners = match error.kind() {
        ErrorKind::UnknownArgument => place(&argument).is_ok(),
        ErrorKind::WrongNumberOfValues | ErrorKind::InvalidValue => argument.starts_with("--corners"),
        _ => false,
    };
    if is_of_corners {
        let tip = format!("four corners are expected, e.g. {EXAMPLE}");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
}

fn refused(fault: impl fmt::Display) -> Failure {
    Failure::usage(format!("--corners: {fault} (an example: {EXAMPLE})"))
}

/// Describes that a picture has another size than those that the corners are for; `None` if it has the same.
pub(super) fn describe_misfit(picture: FrameSize, fitting: FrameSize) -> Option<String> {
    (picture != fitting).then(|| {
        format!(
            "the picture has {} × {} pixels, but the corners are for pictures of {} × {}",
            picture.width, picture.height, fitting.width, fitting.height
        )
    })
}

impl CornersArgs {
    /// Returns the given corners; `None` without the option. The other `arguments` of the command line must not be
    /// further corners.
    ///
    /// # Errors
    /// There are not four corners, or they do not have the shape of a table.
    pub fn choose(&self, arguments: &[PathBuf]) -> Result<Option<GivenCorners>, Failure> {
        let Some(places) = &self.corners else { return Ok(None) };
        let is_corner = |path: &&PathBuf| path.to_str().is_some_and(|text| place(text).is_ok()) && !path.exists();
        if let Some(fifth) = arguments.iter().find(is_corner) {
            return Err(refused(format_args!("expected four corners, but {} is a fifth", fifth.display())));
        }
        let count = places.len();
        let places = <[[f64; 2]; 4]>::try_from(places.as_slice());
        let places = places.map_err(|_| refused(format_args!("expected four corners, got {count}")))?;
        let places = places.map(SensorPoint::from);
        check_corner_places(&places).map_err(refused)?;
        Ok(Some(GivenCorners(places)))
    }
}

/// Corners that the command line gives, in the picture as delivered and in any order around the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct GivenCorners([SensorPoint; 4]);

impl GivenCorners {
    /// Returns the corners in rectified pictures of this size.
    ///
    /// # Errors
    /// The table would lie outside the picture.
    pub fn in_picture(&self, size: FrameSize, lens: Option<&Lens>) -> Result<TableQuad, Failure> {
        let lens = lens.filter(|lens| lens.size == size);
        // A place at which the lens shows nothing is refused as one far outside the picture.
        let nowhere = CameraPoint::new(f64::INFINITY, f64::INFINITY);
        let places = self.0.map(|p| lens.map_or(p.cast_unit(), |lens| lens.undistort(p).unwrap_or(nowhere)));
        ordered_corners(places, size).map_err(refused)
    }

    /// Puts the corners in force as set by hand, for pictures of the size that the source delivers.
    ///
    /// # Errors
    /// The source delivers no picture, or the table would lie outside it.
    pub fn put_in_force(&self, setup: &mut CalibrationSetup, opener: &Opener) -> Result<(), Failure> {
        let size = source::picture_size(opener)?;
        let corners = self.in_picture(size, setup.lens().as_ref())?;
        setup.set_camera_corners(size, corners, CornersOrigin::ByHand);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use billiards_calibration::{CameraCorners, Optics, OpticsOrigin};
    use billiards_capture::{CaptureError, FrameSource, Picture};
    use opencv::core::{CV_8UC3, Mat, Scalar};
    use std::sync::Arc;

    const SIZE: FrameSize = FrameSize { width: 1280, height: 720 };
    const PLACES: [[f64; 2]; 4] = [[212., 160.], [1068., 158.], [1180., 640.], [98., 642.]];

    /// Source of one grey picture.
    struct Grey(bool);

    impl FrameSource for Grey {
        fn read(&mut self) -> Result<Option<Picture>, CaptureError> {
            let image = Mat::new_rows_cols_with_default(720, 1280, CV_8UC3, Scalar::all(90.0)).expect("a picture");
            let is_over = std::mem::replace(&mut self.0, true);
            Ok((!is_over).then_some(Picture { image, time: Some(std::time::Duration::ZERO) }))
        }

        fn is_live(&self) -> bool {
            false
        }

        fn describe(&self) -> String {
            "grey".to_owned()
        }
    }

    fn given(places: &[[f64; 2]]) -> Result<GivenCorners, Failure> {
        let args = CornersArgs { corners: Some(places.to_vec()) };
        args.choose(&[]).map(|given| given.expect("corners are given"))
    }

    #[test]
    fn a_place_is_two_finite_numbers() {
        assert_eq!(place("299.5, 186.7"), Ok([299.5, 186.7]));
        assert_eq!(place("-12,0"), Ok([-12.0, 0.0]));
        for bad in ["299.5", "1,2,3", "a,2", ",1", "", "nan,1", "1,inf"] {
            let error = place(bad).expect_err(bad);
            assert!(error.contains(EXAMPLE), "{error}");
        }
    }

    #[test]
    fn bad_corners_are_refused_with_what_is_wrong_and_an_example() {
        let said = |failure: Result<GivenCorners, Failure>| failure.err().and_then(|failure| failure.message);
        assert_eq!(said(given(&PLACES)), None);
        let [a, b, c, d] = PLACES;
        for (places, part) in [
            (&[a, b, c][..], "expected four corners, got 3"),
            (&[a, c, b, d], "the sides cross each other"),
            (&[a, b, [640., 159.], d], "corners 1, 2 and 3 lie on one line"),
        ] {
            let message = said(given(places)).expect("refused");
            assert!(message.contains(part) && message.contains(EXAMPLE), "{message}");
        }
        let args = CornersArgs { corners: Some(PLACES.to_vec()) };
        let message = said(args.choose(&["5,6".into()]).map(|given| given.expect("given"))).expect("refused");
        assert!(message.contains("5,6 is a fifth"), "{message}");
        let outside = given(&PLACES.map(|[x, y]| [x + 1000.0, y])).expect("four corners");
        let message = outside.in_picture(SIZE, None).expect_err("outside").message.expect("words");
        assert!(message.contains("outside the picture of 1280 × 720 pixels"), "{message}");
    }

    #[test]
    fn corners_are_in_force_as_set_by_hand_in_the_rectified_picture() {
        let opener: Opener = Arc::new(|| Ok(Box::new(Grey(false)) as Box<dyn FrameSource>));
        let [a, b, c, d] = PLACES;
        let corners = given(&[c, b, a, d]).expect("four corners");
        let mut setup = CalibrationSetup::default();
        corners.put_in_force(&mut setup, &opener).expect("a picture");
        let expected = CameraCorners { size: SIZE, corners: PLACES.map(CameraPoint::from) };
        assert_eq!(setup.camera, Some((expected, CornersOrigin::ByHand)));

        let lens = Lens { radial: [-0.1, 0.0, 0.0], ..Lens::rectilinear(SIZE, 900.0) };
        setup.optics = Some(Optics { lens, focal_error: None, origin: OpticsOrigin::Board });
        corners.put_in_force(&mut setup, &opener).expect("a picture");
        let (seen, _) = setup.camera.expect("in force");
        let expected = PLACES.map(|p| lens.undistort(SensorPoint::from(p)).expect("seen"));
        assert_eq!(seen.corners, expected);
        assert!((seen.corners[0] - CameraPoint::from(a)).length() > 5.0);
    }
}

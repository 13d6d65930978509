//! A small rig for tests: flat cloth, a camera without distortion, a projector, both with delays.

use super::interface::{Interruption, RigFrame, RigInterface};
use crate::projector::{ObservedTable, light};
use billiards_table::{
    CameraPoint, CameraView, FrameSize, Homography, PatternPicture, Pinhole, Pose, ProjectorPx, ProjectorView,
    TableKind, TableMetres, TablePoint,
};
use nalgebra::{Matrix3, Vector3};
use opencv::{
    core::{self, CV_8UC3, CV_8UC4, CV_32F, CV_32FC3, Mat, Rect, Scalar, Size},
    imgproc,
    prelude::*,
};
use std::time::Duration;

/// Change to the light of a frame (three channels of floats) that is exposed at a moment, seconds.
pub type Disturbance = Box<dyn FnMut(f64, &mut Mat)>;

/// A rig with possible faults.
pub struct SmallRig {
    pub camera_size: FrameSize,
    pub projector_size: FrameSize,
    pub view: CameraView,
    /// Map from the projector's picture to the bed.
    pub falls: Homography<ProjectorPx, TableMetres>,
    /// Light of the room on the cloth, linear, as a share of the camera's white.
    pub room: f64,
    /// Light that the projector adds at white, linear, as a share of the camera's white.
    pub strength: f64,
    /// Reflectance of the cloth: blue, green and red.
    pub cloth: [f64; 3],
    /// Standard deviation of the noise, grey levels.
    pub noise: f64,
    pub exposure: f64,
    pub interval: f64,
    pub projector_delay: f64,
    pub camera_delay: f64,
    pub unplugged_at: f64,
    /// Shift of the picture to the right, pixels, and the time from which it applies, seconds.
    pub bump: (f64, f64),
    pub disturb: Disturbance,
    pub said: Vec<(f64, String)>,
    /// Noise of standard deviation 1.
    grain: Mat,
    now: f64,
    frame: u64,
    /// Times from which light falls on the cloth, seconds, and that light as the camera sees it.
    shown: Vec<(f64, Mat)>,
}

fn centred_pinhole(size: FrameSize, focal: f64) -> Pinhole {
    let middle = |length: u32| 0.5 * (f64::from(length) - 1.0);
    Pinhole { size, focal, centre: CameraPoint::new(middle(size.width), middle(size.height)) }
}

fn grain(size: FrameSize) -> opencv::Result<Mat> {
    core::set_rng_seed(5)?;
    let (rows, columns) = (size.height as i32 + 64, size.width as i32 + 64);
    let mut grain = Mat::new_rows_cols_with_default(rows, columns, CV_32FC3, Scalar::all(0.0))?;
    core::randn(&mut grain, &Scalar::all(0.0), &Scalar::all(1.0))?;
    Ok(grain)
}

impl SmallRig {
    /// Creates a nine-foot table under a camera and a projector that are both a little tilted.
    pub fn new() -> Self {
        let camera_size = FrameSize { width: 800, height: 450 };
        let projector_size = FrameSize { width: 1280, height: 800 };
        let pose = |x, y, z, tilt| {
            let target = Vector3::new(0.62, 1.3, 0.0);
            Pose::looking(Vector3::new(x, y, z), target, Vector3::new(tilt, 1.0, 0.0)).expect("a direction")
        };
        let (camera, projector) = (pose(0.5, 1.0, 2.6, 0.03), pose(0.9, 1.5, 2.4, -0.04));
        let lens = centred_pinhole(camera_size, 656.0);
        let plane = |height| camera.plane(&lens, height).expect("regular");
        let view = CameraView {
            size: camera_size,
            ball_plane: plane(0.028_575),
            bed_plane: plane(0.0),
            nose_plane: plane(0.036_576),
            eye: Some([0.5, 1.0, 2.6]),
        };
        let falls = projector.plane(&centred_pinhole(projector_size, 1080.0), 0.0).expect("regular");
        Self {
            camera_size,
            projector_size,
            view,
            falls: Homography::from_matrix(*falls.matrix()).expect("regular"),
            room: 0.5,
            strength: 0.5,
            cloth: [0.25, 0.3, 0.12],
            noise: 2.0,
            exposure: 0.012,
            interval: 1.0 / 30.0,
            projector_delay: 0.048,
            camera_delay: 0.035,
            unplugged_at: f64::INFINITY,
            bump: (0.0, f64::INFINITY),
            disturb: Box::new(|_, _| {}),
            said: Vec::new(),
            grain: grain(camera_size).expect("OpenCV draws"),
            now: 0.0,
            frame: 0,
            shown: Vec::new(),
        }
    }

    pub fn observed_table(&self) -> ObservedTable {
        let table = TableKind::NINE_FOOT.spec();
        ObservedTable { table, lens: None, view: self.view, balls: Vec::new(), error_mm: 0.3 }
    }

    /// Returns the delay from handing a picture over until the middle of an exposure shows it, by the frame's stamp,
    /// seconds.
    pub fn delay(&self) -> f64 {
        self.projector_delay + 0.5 * self.exposure + self.camera_delay
    }

    /// Returns the error of the light on the table if it is projected as by `view`: root mean square and worst,
    /// millimetres.
    pub fn error_mm(&self, view: &ProjectorView) -> (f64, f64) {
        let places = self.observed_table().grid(9, 17, 0.03);
        let errors: Vec<f64> = places
            .iter()
            .map(|place| {
                let there = self.falls.map(view.from_table.map(*place).expect("finite")).expect("finite");
                1e3 * (there - *place).length()
            })
            .collect();
        let squares: f64 = errors.iter().map(|v| v * v).sum();
        ((squares / errors.len() as f64).sqrt(), errors.iter().copied().fold(0.0, f64::max))
    }

    /// Returns the picture's light where the camera sees it.
    fn warped(&self, picture: &PatternPicture) -> opencv::Result<Mat> {
        let rgba = picture.rgba();
        let flat = Mat::from_slice(&rgba)?;
        let whole = flat.reshape(4, picture.size.height as i32)?;
        assert_eq!(whole.typ(), CV_8UC4);
        let mut bgr = Mat::default();
        imgproc::cvt_color_def(&whole, &mut bgr, imgproc::COLOR_RGBA2BGR)?;
        let light = light(&bgr).expect("a picture");
        let pixel = Matrix3::new(1.0, 0.0, 0.5, 0.0, 1.0, 0.5, 0.0, 0.0, 1.0);
        let map = self.view.bed_plane.inverse().matrix() * self.falls.matrix() * pixel;
        let map = Mat::from_slice_2d(&[0, 1, 2].map(|row| [map[(row, 0)], map[(row, 1)], map[(row, 2)]]))?;
        let size = Size::new(self.camera_size.width as i32, self.camera_size.height as i32);
        let mut seen = Mat::default();
        let border = core::BORDER_CONSTANT;
        imgproc::warp_perspective(&light, &mut seen, &map, size, imgproc::INTER_LINEAR, border, Scalar::all(0.0))?;
        Ok(seen)
    }

    fn expose(&mut self, begin: f64) -> opencv::Result<Mat> {
        let end = begin + self.exposure;
        let mut light = Mat::new_rows_cols_with_default(
            self.camera_size.height as i32,
            self.camera_size.width as i32,
            CV_32F,
            Scalar::all(self.room),
        )?;
        for (i, (from, picture)) in self.shown.iter().enumerate() {
            let until = self.shown.get(i + 1).map_or(f64::INFINITY, |next| next.0);
            let share = (until.min(end) - from.max(begin)).max(0.0) / self.exposure;
            if share > 0.0 {
                let mut sum = Mat::default();
                core::scale_add(picture, share * self.strength, &light, &mut sum)?;
                light = sum;
            }
        }
        let mut channels = core::Vector::<Mat>::new();
        for albedo in self.cloth {
            let mut channel = Mat::default();
            light.convert_to(&mut channel, -1, albedo, 0.0)?;
            channels.push(channel);
        }
        let mut colour = Mat::default();
        core::merge(&channels, &mut colour)?;
        self.draw_room(&mut colour)?;
        (self.disturb)(begin, &mut colour);
        self.store(&colour, begin)
    }

    /// Draws rails around the bed, and a room with things in it.
    fn draw_room(&self, colour: &mut Mat) -> opencv::Result<()> {
        let (w, l) = (1.27, 2.54);
        let corner = |x: f64, y: f64| {
            let p = self.view.nose_plane.inverse().map(TablePoint::new(x, y)).expect("finite");
            core::Point::new(p.x.round() as i32, p.y.round() as i32)
        };
        for (out, value) in [(0.02, 0.03), (0.06, 0.2), (0.1, 0.08)] {
            let around = [corner(-out, -out), corner(-out, l + out), corner(w + out, l + out), corner(w + out, -out)];
            let around = core::Vector::<core::Point>::from_slice(&around);
            imgproc::polylines(colour, &around, true, Scalar::new(value, 1.5 * value, 2.0 * value, 0.0), 9, 8, 0)?;
        }
        for i in 0..40 {
            let at = core::Point::new((i * 331) % 800, if i % 2 == 0 { 7 + i % 19 } else { 430 + i % 16 });
            let value = 0.02 + 0.01 * f64::from(i % 17);
            imgproc::circle(colour, at, 3 + i % 6, Scalar::new(value, 0.2 * value, value, 0.0), -1, 8, 0)?;
        }
        Ok(())
    }

    fn store(&self, colour: &Mat, begin: f64) -> opencv::Result<Mat> {
        let mut moved = colour.try_clone()?;
        if begin >= self.bump.1 {
            let shift = Mat::from_slice_2d(&[[1.0, 0.0, self.bump.0], [0.0, 1.0, 0.3 * self.bump.0]])?;
            let size = colour.size()?;
            imgproc::warp_affine(
                colour,
                &mut moved,
                &shift,
                size,
                imgproc::INTER_LINEAR,
                core::BORDER_REPLICATE,
                Scalar::all(0.0),
            )?;
        }
        let mut root = Mat::default();
        imgproc::threshold(&moved, &mut root, 0.0, 0.0, imgproc::THRESH_TOZERO)?;
        let mut curved = Mat::default();
        core::pow(&root, 1.0 / 2.4, &mut curved)?;
        // A different piece of one large noise for each frame.
        let (x, y) = ((self.frame * 37 % 64) as i32, (self.frame * 23 % 64) as i32);
        let noise = Mat::roi(&self.grain, Rect::new(x, y, curved.cols(), curved.rows()))?;
        let mut bytes = Mat::default();
        core::add_weighted_def(&curved, 255.0 * 1.055, &noise, self.noise, 0.0, &mut root)?;
        root.convert_to(&mut bytes, CV_8UC3, 1.0, -14.0)?;
        Ok(bytes)
    }
}

impl RigInterface for SmallRig {
    fn show(&mut self, picture: &PatternPicture, wait: Duration) -> Result<Duration, Interruption> {
        self.now += wait.as_secs_f64();
        let seen = self.warped(picture).expect("OpenCV warps");
        self.shown.push((self.now + self.projector_delay, seen));
        if self.shown.len() > 6 {
            self.shown.remove(0);
        }
        Ok(Duration::from_secs_f64(self.now))
    }

    fn frame(&mut self) -> Result<RigFrame, Interruption> {
        let begin = self.frame as f64 * self.interval;
        self.frame += 1;
        if begin > self.unplugged_at {
            return Err(Interruption::CameraLost);
        }
        let picture = self.expose(begin).expect("OpenCV draws");
        let stamp = begin + self.exposure + self.camera_delay;
        self.now = self.now.max(stamp);
        Ok(RigFrame { stamp: Duration::from_secs_f64(stamp), picture })
    }

    fn report(&mut self, progress: f64, words: &str) {
        self.said.push((progress, words.to_owned()));
    }
}

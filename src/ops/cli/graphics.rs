//! What this computer can draw with, and on.

use bevy::tasks::block_on;
use std::{env, path::Path};

/// The graphics adapters that Bevy could use, best first, each as one line.
pub(super) fn adapters() -> Vec<String> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
    let mut found: Vec<_> = block_on(instance.enumerate_adapters(wgpu::Backends::PRIMARY))
        .into_iter()
        .map(|adapter| adapter.get_info())
        .collect();
    found.sort_by_key(|info| match info.device_type {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Cpu => 3,
        wgpu::DeviceType::Other => 4,
    });
    let kind = |device: wgpu::DeviceType| match device {
        wgpu::DeviceType::DiscreteGpu => "graphics card",
        wgpu::DeviceType::IntegratedGpu => "built-in graphics",
        wgpu::DeviceType::VirtualGpu => "virtual graphics",
        wgpu::DeviceType::Cpu => "software, slow",
        wgpu::DeviceType::Other => "other",
    };
    found.iter().map(|info| format!("{} ({}, {})", info.name, info.backend, kind(info.device_type))).collect()
}

/// What to do where there is no adapter.
pub(super) const NO_ADAPTER: &str = "no graphics adapter: install a Vulkan driver (the software one is Debian's and \
                                     Ubuntu's package mesa-vulkan-drivers)";

/// Why no window can be opened here; `None` where one can.
pub(super) fn no_display() -> Option<String> {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(name) = set("WAYLAND_DISPLAY") {
        let socket = match set("XDG_RUNTIME_DIR") {
            Some(dir) if !name.starts_with('/') => Path::new(&dir).join(&name),
            _ => name.clone().into(),
        };
        if socket.exists() {
            return None;
        }
    }
    let Some(display) = set("DISPLAY") else {
        return Some("neither DISPLAY nor WAYLAND_DISPLAY names a display".into());
    };
    let number = display.strip_prefix(':').or_else(|| display.strip_prefix("unix:"))?;
    let number = number.split('.').next().unwrap_or(number);
    let socket = format!("/tmp/.X11-unix/X{number}");
    (!Path::new(&socket).exists()).then(|| format!("DISPLAY is {display}, but no X server is there"))
}

//! Graphics adapters and displays of this computer.

use bevy::tasks::block_on;
use std::{
    env,
    net::{TcpStream, ToSocketAddrs},
    os::{
        linux::net::SocketAddrExt,
        unix::net::{SocketAddr, UnixStream},
    },
    path::Path,
    time::Duration,
};

/// Returns the graphics adapters that Bevy could use, best first, each as one line.
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

/// Message for a computer without a graphics adapter.
pub(super) const NO_ADAPTER: &str = "no graphics adapter: install a Vulkan driver (the software one is Debian's and \
                                     Ubuntu's package mesa-vulkan-drivers)";

/// Returns why no window can be opened on this computer; `None` if a display answers.
pub(super) fn no_display() -> Option<String> {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(name) = set("WAYLAND_DISPLAY") {
        let socket = match set("XDG_RUNTIME_DIR") {
            Some(dir) if !name.starts_with('/') => Path::new(&dir).join(&name),
            _ => name.clone().into(),
        };
        if UnixStream::connect(socket).is_ok() {
            return None;
        }
    }
    let Some(display) = set("DISPLAY") else {
        return Some("neither DISPLAY nor WAYLAND_DISPLAY names a display that answers".into());
    };
    (!x_server_answers(&display)).then(|| format!("DISPLAY is {display}, but no X server answers there"))
}

/// Returns whether an X server listens at the address in `DISPLAY`: `[host]:number[.screen]`.
fn x_server_answers(display: &str) -> bool {
    let Some((host, number)) = display.rsplit_once(':') else { return false };
    let Ok(number) = number.split('.').next().unwrap_or(number).parse::<u16>() else { return false };
    if host.is_empty() || host == "unix" {
        let path = format!("/tmp/.X11-unix/X{number}");
        let hidden = SocketAddr::from_abstract_name(&path);
        return hidden.and_then(|address| UnixStream::connect_addr(&address)).is_ok()
            || UnixStream::connect(path).is_ok();
    }
    let Some(port) = number.checked_add(6000) else { return false };
    let addresses = (host, port).to_socket_addrs().into_iter().flatten();
    addresses.into_iter().any(|address| TcpStream::connect_timeout(&address, Duration::from_secs(2)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_that_cannot_be_does_not_answer() {
        for display in ["", "5", ":", ":x", ":64999", "no-such-host.invalid:3", ":70000"] {
            assert!(!x_server_answers(display), "{display}");
        }
    }
}

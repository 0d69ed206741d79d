//! WebRTC on this node.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Context;
use tokio::sync::mpsc;

use crate::config::Config;
use crate::transport::webrtc::network::{Network, NetworkLane, NoLane};
use crate::transport::webrtc::{Datagram, Route, Rtc};

/// What answers offers.
pub(super) fn rtc(config: &Config) -> anyhow::Result<Rtc> {
    let candidates = config.rtc.public.on(config.rtc.listen.port()).collect();
    Rtc::new(Arc::new(Unreached { candidates })).context("start WebRTC")
}

/// A network that no packet comes by.
#[derive(Debug)]
struct Unreached {
    candidates: Vec<SocketAddr>,
}

#[derive(Debug)]
struct EmptyLane {
    inbound: mpsc::Receiver<Datagram>,
    _open: mpsc::Sender<Datagram>,
}

impl Network for Unreached {
    fn open(&self, _: &str) -> Result<Box<dyn NetworkLane>, NoLane> {
        let (open, inbound) = mpsc::channel(1);
        Ok(Box::new(EmptyLane { inbound, _open: open }))
    }

    fn candidates(&self) -> Vec<SocketAddr> {
        self.candidates.clone()
    }
}

impl NetworkLane for EmptyLane {
    fn inbound(&mut self) -> &mut mpsc::Receiver<Datagram> {
        &mut self.inbound
    }

    fn send(&self, _: &Route, _: &[u8]) {}

    fn also(&self, _: &str) {}
}

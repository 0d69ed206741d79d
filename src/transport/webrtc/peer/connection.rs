//! A connection of `rtc` as we want it, and its answers.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ringcraft_media::units::SampleRate;
use rtc::ice::candidate::unmarshal_candidate;
use rtc::ice::tcp_type::TcpType;
use rtc::interceptor::Registry;
use rtc::media_stream::MediaStreamTrack;
use rtc::peer_connection::configuration::RTCConfigurationBuilder;
use rtc::peer_connection::configuration::interceptor_registry::configure_rtcp_reports;
use rtc::peer_connection::configuration::media_engine::{MIME_TYPE_OPUS, MediaEngine};
use rtc::peer_connection::configuration::setting_engine::{
    SctpMaxMessageSize, SettingEngine, SettingEngineBuilder,
};
use rtc::peer_connection::transport::{
    CandidateConfig, CandidateHostConfig, RTCDtlsRole, RTCIceCandidate, RTCIceCandidateInit,
};
use rtc::peer_connection::{RTCPeerConnection, RTCPeerConnectionBuilder};
use rtc::rtp_transceiver::rtp_sender::{
    RTCRtpCodec, RTCRtpCodecParameters, RTCRtpCodingParameters, RTCRtpEncodingParameters,
    RtpCodecKind,
};
use rtc::shared::error::Error;

use super::quality::{ReportReader, SharedReport};
use super::{MAX_TEXT, Ours, description};

/// Without an answer to a check for so long, ICE is disconnected.
const ICE_DISCONNECTED_AFTER: Duration = Duration::from_secs(5);

/// So long after that, it has failed.
const ICE_FAILED_AFTER: Duration = Duration::from_secs(10);

/// How often the way to the peer is checked.
const ICE_CHECK_EVERY: Duration = Duration::from_secs(1);

/// How we want Opus (RFC 7587, section 6.1): mono speech with redundancy, never silent packets.
pub(super) const OPUS: &str =
    "minptime=10;useinbandfec=1;usedtx=0;stereo=0;maxaveragebitrate=32000";

/// Our payload type where the offer leaves the choice, as browsers have it.
const OPUS_PAYLOAD_TYPE: u8 = 111;

/// A connection that has our certificate and speaks Opus alone.
pub(super) fn new_connection(
    now: Instant,
    ours: &Ours<'_>,
    reported: SharedReport,
) -> Result<RTCPeerConnection, Error> {
    let configuration =
        RTCConfigurationBuilder::new().with_certificates(vec![ours.certificate.clone()]).build();
    let mut media = MediaEngine::default();
    let codec = RTCRtpCodecParameters { rtp_codec: opus(), payload_type: OPUS_PAYLOAD_TYPE };
    media.register_codec(codec, RtpCodecKind::Audio)?;
    let reader = ReportReader::new(ours.stream.ssrc, reported);
    let registry = configure_rtcp_reports(Registry::new()).with(ReportReader::slot(), reader);
    RTCPeerConnectionBuilder::new()
        .with_configuration(configuration)
        .with_media_engine(media)
        .with_setting_engine(settings())
        .with_interceptor_registry(registry)
        .build(now)
}

fn settings() -> SettingEngine {
    SettingEngineBuilder::new()
        .with_ice_timeouts(
            Some(ICE_DISCONNECTED_AFTER),
            Some(ICE_FAILED_AFTER),
            Some(ICE_CHECK_EVERY),
        )
        .with_answering_dtls_role(RTCDtlsRole::Server)
        .with_include_loopback_candidate(true)
        .with_sctp_max_message_size(SctpMaxMessageSize::Bounded(MAX_TEXT))
        .build()
}

/// Answers the description that was set last, with all our candidates in the answer.
pub(super) fn answer_remote(
    connection: &mut RTCPeerConnection,
    now: Instant,
    candidates: &[SocketAddr],
) -> Result<String, Error> {
    for candidate in candidates {
        for (network, tcp_type) in [("udp", TcpType::Unspecified), ("tcp", TcpType::Passive)] {
            let base_config = CandidateConfig {
                network: network.to_owned(),
                address: candidate.ip().to_string(),
                port: candidate.port(),
                component: 1,
                ..CandidateConfig::default()
            };
            let host = CandidateHostConfig { base_config, tcp_type }.new_candidate_host()?;
            connection.add_local_candidate(RTCIceCandidate::from(&host).to_json()?)?;
        }
    }
    let answer = connection.create_answer(None)?;
    connection.set_local_description(now, answer)?;
    // An empty one says that there are no more.
    connection.add_local_candidate(RTCIceCandidateInit::default())?;
    let answer = connection.local_description().ok_or(Error::ErrNoRemoteDescription)?;
    Ok(answer.sdp)
}

/// Whether the library can read a candidate that names an address.
pub(super) fn is_usable(candidate: &str) -> bool {
    let value = candidate.strip_prefix("candidate:").unwrap_or(candidate);
    description::names_address(candidate) && unmarshal_candidate(value).is_ok()
}

fn opus() -> RTCRtpCodec {
    RTCRtpCodec {
        mime_type: MIME_TYPE_OPUS.to_owned(),
        clock_rate: SampleRate::Hz48000.hz(),
        // Always two in a description, however many there are (RFC 7587, section 7).
        channels: 2,
        sdp_fmtp_line: OPUS.to_owned(),
        rtcp_feedback: vec![],
    }
}

/// The one stream that we send.
pub(super) fn own_track(ssrc: u32) -> MediaStreamTrack {
    let coding = RTCRtpEncodingParameters {
        rtp_coding_parameters: RTCRtpCodingParameters {
            ssrc: Some(ssrc),
            ..RTCRtpCodingParameters::default()
        },
        codec: opus(),
        ..RTCRtpEncodingParameters::default()
    };
    let name = |part: &str| format!("persona{part}");
    MediaStreamTrack::new(name(""), name("-audio"), name(""), RtpCodecKind::Audio, vec![coding])
}

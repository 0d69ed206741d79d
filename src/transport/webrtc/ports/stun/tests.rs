use proptest::prelude::*;

use super::*;

/// RFC 5769, section 2.1: a request with a user name, a signature and a fingerprint.
const SAMPLE: [u8; 108] = [
    0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
    0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, 0x53, 0x54, 0x55, 0x4e, 0x20, 0x74, 0x65, 0x73,
    0x74, 0x20, 0x63, 0x6c, 0x69, 0x65, 0x6e, 0x74, 0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff,
    0x80, 0x29, 0x00, 0x08, 0x93, 0x2f, 0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09,
    0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68, 0x36, 0x76, 0x59, 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14,
    0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e, 0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49,
    0xc1, 0xb5, 0x71, 0xa2, 0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf,
];
const PASSWORD: &str = "VOkJxbRl1RmTxUk/WvJxBt";

/// Where the signature's attribute begins in the sample, and where its value ends.
const SIGNED: usize = 76;
const SIGNATURE_END: usize = 100;

#[test]
fn the_sample_of_the_standard_is_read_and_its_signature_holds() {
    let request = Request::parse(&SAMPLE).unwrap();
    assert_eq!(request.ufrag, b"evtj");
    assert_eq!(request.signed.len(), SIGNED);
    assert!(Key::new(PASSWORD).unwrap().signed(&request));
    assert!(!Key::new("VOkJxbRl1RmTxUk/WvJxBT").unwrap().signed(&request));
}

#[test]
fn nothing_before_the_signature_can_be_changed() {
    let mut key = Key::new(PASSWORD).unwrap();
    for index in 0..SIGNATURE_END {
        let mut forged = SAMPLE;
        forged[index] ^= 1;
        let holds = Request::parse(&forged).is_some_and(|request| key.signed(&request));
        assert!(!holds, "byte {index}");
    }
    // The fingerprint is not signed, and not believed.
    let mut other = SAMPLE;
    other[107] ^= 1;
    assert!(key.signed(&Request::parse(&other).unwrap()));
}

#[test]
fn what_is_no_signed_request_with_a_name_is_none() {
    for length in 0..SAMPLE.len() {
        assert_eq!(Request::parse(&SAMPLE[..length]), None, "cut to {length} bytes");
    }
    let mut longer = SAMPLE.to_vec();
    longer.push(0);
    assert_eq!(Request::parse(&longer), None);
    assert_eq!(Request::parse(&written::unsigned_request("evtj")), None);
    assert_eq!(Request::parse(&written::response(PASSWORD)), None);
    let changed = |changes: &[(usize, u8)]| {
        let mut sample = SAMPLE;
        changes.iter().for_each(|(at, byte)| sample[*at] = *byte);
        sample
    };
    let table: [(&str, &[(usize, u8)]); 6] = [
        ("an indication", &[(1, 0x11)]),
        ("another cookie", &[(4, 0x22)]),
        ("a name without a colon", &[(68, b'.')]),
        ("no name", &[(61, 0x07)]),
        ("a name behind the signature", &[(61, 0x07), (100, 0x00), (101, 0x06)]),
        ("a signature of another length", &[(79, 0x10)]),
    ];
    for (what, changes) in table {
        assert_eq!(Request::parse(&changed(changes)), None, "{what}");
    }
}

#[test]
fn a_packet_is_told_by_its_first_bytes() {
    let stun = SAMPLE;
    let table: [(&[u8], Class); 12] = [
        (&stun, Class::Stun),
        (&stun[..8], Class::Stun),
        (&stun[..7], Class::Rubbish),
        (&[0; 20], Class::Rubbish),
        (&[4; 20], Class::Rubbish),
        (&[19], Class::Rubbish),
        (&[20], Class::Dtls),
        (&[63], Class::Dtls),
        (&[64], Class::Rubbish),
        (&[128], Class::Rtp),
        (&[191], Class::Rtp),
        (&[192], Class::Rubbish),
    ];
    for (packet, expected) in table {
        assert_eq!(classify(packet), expected, "{packet:?}");
    }
    assert_eq!(classify(&[]), Class::Rubbish);
}

proptest! {
    #[test]
    fn any_bytes_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut behind_header = SAMPLE[..20].to_vec();
        behind_header[2..4].copy_from_slice(&u16::try_from(bytes.len()).unwrap().to_be_bytes());
        behind_header.extend_from_slice(&bytes);
        for packet in [&bytes, &behind_header] {
            classify(packet);
            if let Some(request) = Request::parse(packet) {
                prop_assert!(!Key::new(PASSWORD).unwrap().signed(&request));
            }
        }
    }

    #[test]
    fn what_another_implementation_signs_holds(
        ufrag in "[a-zA-Z0-9+/]{1,256}",
        pwd in "[a-zA-Z0-9+/]{22,64}",
    ) {
        let written = written::request(&ufrag, &pwd);
        let request = Request::parse(&written).unwrap();
        prop_assert_eq!(request.ufrag, ufrag.as_bytes());
        prop_assert!(Key::new(&pwd).unwrap().signed(&request));
    }
}

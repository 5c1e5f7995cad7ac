//! Where a request came from. A forwarded header is believed only from a trusted peer, and only up to the first hop that
//! is not trusted.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request},
    http::{HeaderMap, HeaderName, HeaderValue},
};
use ipnet::IpNet;
use model::address::client_network;

/// Where a proxy says for whom it asks.
pub const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The client's address, if it is known: a trusted proxy may have said something that is none. A request's extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub Option<IpAddr>);

/// Whether the peer that sent the request is a trusted proxy. A request's extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrustedPeer(pub bool);

/// Where a request came from, and whether its peer may say so.
pub(super) fn locate(request: &Request, trusted: &[IpNet]) -> (ClientAddress, TrustedPeer) {
    let connected = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = connected.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip()).to_canonical();
    (ClientAddress(client(peer, request.headers(), trusted)), TrustedPeer(is_trusted(peer, trusted)))
}

/// The network of a peer that is not trusted and yet says for whom it asks.
pub(super) fn stranger_who_forwards(request: &Request, trusted: TrustedPeer) -> Option<IpAddr> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().filter(|_| !trusted.0)?;
    request.headers().contains_key(FORWARDED_FOR).then(|| client_network(peer.0.ip()))
}

fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

/// Walks `X-Forwarded-For` from right to left while the hops are trusted. Behind a hop that is no address, such as
/// `unknown`, nobody knows who asked: a proxy's own address never stands in.
fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    if !is_trusted(peer, trusted) {
        return Some(peer);
    }
    let lines: Vec<&[u8]> = headers.get_all(FORWARDED_FOR).iter().map(HeaderValue::as_bytes).collect();
    let mut client = peer;
    for hop in lines.iter().flat_map(|line| line.split(|byte| *byte == b',')).rev() {
        if !is_trusted(client, trusted) {
            break;
        }
        client = read_address(str::from_utf8(hop.trim_ascii()).ok()?)?.to_canonical();
    }
    Some(client)
}

/// An address as proxies write it: alone, in brackets, or with a port.
pub fn read_address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let bare = bare.map_or_else(|| hop.parse().ok(), |inside| inside.parse::<Ipv6Addr>().ok().map(IpAddr::V6));
    bare.or_else(|| hop.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwarded_addresses_are_believed_hop_by_hop() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        for (peer, lines, expected) in [
            ("192.0.2.1", &["203.0.113.9"][..], "192.0.2.1"),
            ("10.0.0.1", &["203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["203.0.113.9, 10.0.0.2"], "203.0.113.9"),
            ("10.0.0.1", &["198.51.100.1", "203.0.113.9, 10.0.0.2"], "203.0.113.9"),
            ("10.0.0.1", &["203.0.113.9:51234"], "203.0.113.9"),
            ("10.0.0.1", &["[2001:db8::9]"], "2001:db8::9"),
            ("10.0.0.1", &["[2001:db8::9]:443, 10.0.0.2:80"], "2001:db8::9"),
            ("10.0.0.1", &["203.0.113.9, nonsense"], "unknown"),
            ("10.0.0.1", &["unknown"], "unknown"),
            ("10.0.0.1", &["203.0.113.9, unknown, 10.0.0.2"], "unknown"),
            ("10.0.0.1", &["[203.0.113.9]"], "unknown"),
            ("10.0.0.1", &[""], "unknown"),
            ("10.0.0.1", &["M\u{fc}ller, 203.0.113.9"], "203.0.113.9"),
            ("10.0.0.1", &["203.0.113.9, M\u{fc}ller"], "unknown"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("::1", &["::ffff:203.0.113.9"], "203.0.113.9"),
            ("::ffff:10.0.0.1", &["2001:db8::1"], "2001:db8::1"),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(FORWARDED_FOR, HeaderValue::from_bytes(line.as_bytes()).unwrap());
            }
            let peer: IpAddr = peer.parse().unwrap();
            let found = client(peer.to_canonical(), &headers, &trusted);
            let found = found.map_or_else(|| "unknown".to_owned(), |address| address.to_string());
            assert_eq!(found, expected, "{peer} {lines:?}");
        }
    }
}

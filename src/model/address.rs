//! Addresses a key may be used from: single ones and networks (CIDR), IPv4 and IPv6. Where a call came from is somebody
//! else's finding; an IPv4 address mapped into IPv6 is the IPv4 address.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
};

use ipnet::IpNet;

/// The most entries of one list.
pub const MAX_ADDRESSES: usize = 50;

/// A list of addresses and networks. Empty, it allows every address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses(Vec<IpNet>);

/// Why a text is no list of addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Neither an address nor a network.
    #[error(
        "\u{201c}{0}\u{201d} is no address. Use addresses and networks such as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32."
    )]
    Form(String),
    /// Too many.
    #[error("A key has at most {MAX_ADDRESSES} addresses and networks.")]
    TooMany,
}

impl Addresses {
    /// Reads addresses and networks separated by white space or commas. Bits beyond a network's length are dropped.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let words = text.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
        let mut networks = Vec::new();
        for word in words {
            let network = network(word).ok_or_else(|| AddressError::Form(word.chars().take(64).collect()))?;
            if !networks.contains(&network) {
                networks.push(network);
            }
        }
        if networks.len() > MAX_ADDRESSES { Err(AddressError::TooMany) } else { Ok(Self(networks)) }
    }

    /// Whether a call from this address passes. An unknown address passes only an empty list.
    pub fn allow(&self, address: Option<IpAddr>) -> bool {
        let listed = |address: IpAddr| self.0.iter().any(|network| network.contains(&address.to_canonical()));
        self.0.is_empty() || address.is_some_and(listed)
    }

    /// Whether every address passes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whom an address stands for when people are counted: itself, or the first address of its network of 64 bits, of which a
/// customer has as many addresses as they like.
pub fn client_network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

/// Whether an address is one of the public internet: none of this machine, of a private network or of those set aside
/// (RFC 6890). An IPv6 address that carries an IPv4 one is as public as that.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            let set_aside = a == 0
                || a >= 240
                || (a == 100 && b & 0b1100_0000 == 64)
                || (a == 192 && b == 0 && c == 0)
                || (a == 198 && b & 0b1111_1110 == 18);
            !(set_aside
                || address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || address.is_multicast()
                || address.is_documentation())
        }
        IpAddr::V6(address) => match address.segments() {
            // NAT64 (RFC 6052) and 6to4 (RFC 3056).
            [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
                is_public(IpAddr::from((u32::from(high) << 16 | u32::from(low)).to_be_bytes()))
            }
            // Teredo hides its IPv4 address, documentation, and what RFC 9637 adds to it.
            [0x2001, 0 | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
            // Of all others only 2000::/3 is given out.
            [first, ..] => first & 0xe000 == 0x2000,
        },
    }
}

fn network(word: &str) -> Option<IpNet> {
    if let Ok(address) = word.parse::<IpAddr>() {
        return Some(IpNet::from(address.to_canonical()));
    }
    let network: IpNet = word.parse().ok()?;
    if let IpNet::V6(wide) = network
        && let Some(mapped) = wide.addr().to_ipv4_mapped()
    {
        return IpNet::new(mapped.into(), wide.prefix_len().checked_sub(96)?).ok().map(|network| network.trunc());
    }
    Some(network.trunc())
}

/// Separated by single spaces; a single address without its length.
impl fmt::Display for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, network) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { " " })?;
            if network.prefix_len() == network.max_prefix_len() {
                write!(f, "{}", network.addr())?;
            } else {
                write!(f, "{network}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_written_as_it_is_meant() {
        for (text, expected) in [
            ("", Some("")),
            ("192.0.2.7", Some("192.0.2.7")),
            ("10.1.2.3/8, 2001:db8::1/32\n192.0.2.7 192.0.2.7", Some("10.0.0.0/8 2001:db8::/32 192.0.2.7")),
            ("::ffff:192.0.2.7 ::ffff:10.0.0.0/104", Some("192.0.2.7 10.0.0.0/8")),
            ("0.0.0.0/0", Some("0.0.0.0/0")),
            ("::ffff:0:0/90", None),
            ("10.0.0.0/33", None),
            ("10.0.0", None),
            ("example.com", None),
            ("10.0.0.0/8 nonsense", None),
        ] {
            assert_eq!(Addresses::parse(text).ok().map(|list| list.to_string()).as_deref(), expected, "{text:?}");
        }
        let many: Vec<String> = (0..51).map(|index| format!("10.0.0.{index}")).collect();
        assert_eq!(Addresses::parse(&many.join(" ")), Err(AddressError::TooMany));
    }

    #[test]
    fn a_list_allows_what_it_names() {
        for (list, address, allowed) in [
            ("", Some("203.0.113.1"), true),
            ("", None, true),
            ("10.0.0.0/8", Some("10.255.0.1"), true),
            ("10.0.0.0/8", Some("11.0.0.1"), false),
            ("10.0.0.0/8", Some("::ffff:10.0.0.1"), true),
            ("10.0.0.0/8", None, false),
            ("2001:db8::/32", Some("2001:db8::5"), true),
            ("2001:db8::/32", Some("10.0.0.1"), false),
            ("0.0.0.0/0", Some("2001:db8::5"), false),
        ] {
            let address: Option<IpAddr> = address.map(|text| text.parse().unwrap());
            assert_eq!(Addresses::parse(list).unwrap().allow(address), allowed, "{list:?} {address:?}");
        }
    }

    #[test]
    fn only_the_public_internet_is_public() {
        for (address, public) in [
            ("8.8.8.8", true),
            ("100.63.255.255", true),
            ("100.128.0.0", true),
            ("172.32.0.1", true),
            ("198.17.0.1", true),
            ("2606:4700::1", true),
            ("64:ff9b::808:808", true),
            ("::ffff:8.8.8.8", true),
            ("0.0.0.0", false),
            ("10.0.0.1", false),
            ("100.64.0.1", false),
            ("127.1.2.3", false),
            ("169.254.169.254", false),
            ("172.16.0.1", false),
            ("192.0.0.8", false),
            ("192.0.2.1", false),
            ("192.168.1.1", false),
            ("198.19.255.255", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::", false),
            ("::1", false),
            ("::127.0.0.1", false),
            ("::ffff:127.0.0.1", false),
            ("64:ff9b::a00:1", false),
            ("2002:7f00:1::", false),
            ("2001::1", false),
            ("2001:db8::1", false),
            ("fd00::1", false),
            ("fe80::1", false),
            ("ff02::1", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
        }
    }
}

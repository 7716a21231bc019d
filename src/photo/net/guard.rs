//! Which addresses may be connected to.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::LazyLock,
};

use ipnet::{Ipv4Net, Ipv6Net};
use url::{Host, Url};

/// The longest address that is followed, in bytes.
pub(in crate::photo) const LONGEST: usize = 2048;

const PORTS: [u16; 2] = [80, 443];

/// What is not the public internet (IANA IPv4 Special-Purpose Address Registry), and Azure's host service.
static PRIVATE_V4: LazyLock<Vec<Ipv4Net>> = LazyLock::new(|| {
    let all = [
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    ];
    all.iter().filter_map(|net| net.parse().ok()).collect()
});

/// Global unicast is in `2000::/3` (RFC 4291); these are the parts of it that are not public, or hold an IPv4 address.
static PRIVATE_V6: LazyLock<Vec<Ipv6Net>> = LazyLock::new(|| {
    let all = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];
    all.iter().filter_map(|net| net.parse().ok()).collect()
});

static GLOBAL_V6: LazyLock<Option<Ipv6Net>> = LazyLock::new(|| "2000::/3".parse().ok());

/// Top-level names that lead nowhere but inside.
const INSIDE: [&str; 7] = ["localhost", "localdomain", "local", "internal", "lan", "onion", "arpa"];

/// Whether an address is part of the public internet. One that holds an IPv4 address (mapped, compatible, NAT64, 6to4) is not.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !PRIVATE_V4.iter().any(|net| net.contains(&ip)),
        IpAddr::V6(ip) => {
            GLOBAL_V6.is_some_and(|net| net.contains(&ip)) && !PRIVATE_V6.iter().any(|net| net.contains(&ip))
        }
    }
}

/// Why an address is not connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Neither http nor https.
    #[error("it is neither http nor https")]
    Scheme,
    /// A user or a password in it.
    #[error("it names a user")]
    User,
    /// No host, or one that only means something inside.
    #[error("its host is not of the public internet")]
    Host,
    /// Neither 80 nor 443.
    #[error("its port is neither 80 nor 443")]
    Port,
    /// Too long to be meant.
    #[error("it is longer than 2048 bytes")]
    Length,
    /// It is, or its name leads to, an address that is not public.
    #[error("its address is not public")]
    Private,
    /// A redirect from https to http.
    #[error("it leads from https to http")]
    Downgrade,
    /// A redirect of one's own server to another.
    #[error("it leads to another server")]
    Elsewhere,
}

/// Where a connection goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    Literal(SocketAddr),
    Name(String, u16),
}

/// Addresses that are not public and are open all the same (`photos.allow`).
#[derive(Debug, Clone, Default)]
pub(super) struct Allowed(pub(super) Vec<SocketAddr>);

impl Allowed {
    /// Whether this address may be connected to.
    pub(super) fn lets(&self, address: SocketAddr) -> bool {
        self.0.contains(&address) || is_public(address.ip()) && PORTS.contains(&address.port())
    }

    fn knows_port(&self, port: u16) -> bool {
        PORTS.contains(&port) || self.0.iter().any(|address| address.port() == port)
    }

    /// What an address leads to, without asking anyone. Odd notations of hosts are understood by [`Url`] as the URL standard
    /// says, so that only what it means counts.
    pub(super) fn check(&self, url: &Url) -> Result<Target, Denied> {
        if url.as_str().len() > LONGEST {
            return Err(Denied::Length);
        }
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Denied::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Denied::User);
        }
        let port = url.port_or_known_default().filter(|port| self.knows_port(*port)).ok_or(Denied::Port)?;
        let literal = |ip: IpAddr| {
            let address = SocketAddr::new(ip, port);
            if self.lets(address) { Ok(Target::Literal(address)) } else { Err(Denied::Private) }
        };
        match url.host().ok_or(Denied::Host)? {
            Host::Ipv4(ip) => literal(ip.into()),
            Host::Ipv6(ip) => literal(ip.into()),
            Host::Domain(name) => {
                let name = name.trim_end_matches('.').to_ascii_lowercase();
                let top = name.rsplit_once('.').map(|(_, top)| top).ok_or(Denied::Host)?;
                // What looks like a number to a resolver is none of a public name.
                let is_number = top.bytes().all(|byte| byte.is_ascii_digit()) || name.parse::<Ipv4Addr>().is_ok();
                if INSIDE.contains(&top) || is_number {
                    return Err(Denied::Host);
                }
                Ok(Target::Name(name, port))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn checked(text: &str) -> Result<Target, Option<Denied>> {
        Allowed::default().check(&Url::parse(text).map_err(|_| None)?).map_err(Some)
    }

    #[test]
    fn both_ends_of_every_range_are_private_and_their_neighbours_are_not() {
        for net in PRIVATE_V4.iter() {
            assert!(!is_public(net.network().into()) && !is_public(net.broadcast().into()), "{net}");
        }
        for public in ["1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"] {
            assert!(is_public(public.parse().expect("an address")), "{public}");
        }
        for public in ["172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0", "223.255.255.255"] {
            assert!(is_public(public.parse().expect("an address")), "{public}");
        }
        assert_eq!((PRIVATE_V4.len(), PRIVATE_V6.len()), (16, 4), "a range does not parse");
        assert!(is_public("2606:4700::1111".parse().expect("an address")));
        for private in [
            "::",
            "::1",
            "::ffff:1.1.1.1",
            "::ffff:169.254.169.254",
            "::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "1fff::1",
            "4000::1",
        ] {
            assert!(!is_public(private.parse().expect("an address")), "{private}");
        }
    }

    #[test]
    fn odd_notations_of_this_machine_are_understood_and_denied() {
        for host in [
            "0x7f000001",
            "0X7F.1",
            "017700000001",
            "2130706433",
            "127.1",
            "127.0.1",
            "１２７.0.0.1",
            "127.0.0.1.",
            "%31%32%37.0.0.1",
            "0x7f.0.0x0.1",
            "0",
            "0.0.0.0",
            "[::1]",
            "[::]",
            "[::ffff:169.254.169.254]",
            "[::ffff:7f00:1]",
            "[::127.0.0.1]",
            "[64:ff9b::a9fe:a9fe]",
            "[2002:7f00:1::]",
            "[fe80::1]",
            "100.100.100.200",
            "169.254.169.254",
            "10.0.0.5",
            "[fd00:ec2::254]",
        ] {
            assert_eq!(checked(&format!("http://{host}/x.jpg")), Err(Some(Denied::Private)), "{host}");
        }
        for host in
            ["localhost", "localhost.", "LOCALHOST", "foo.localhost", "router.lan", "metadata.google.internal", "a"]
        {
            assert_eq!(checked(&format!("http://{host}/x.jpg")), Err(Some(Denied::Host)), "{host}");
        }
        for host in ["256.256.256.256", "foo.0x4", "1.2.3.4.5", "[::1%eth0]"] {
            assert_eq!(checked(&format!("http://{host}/x.jpg")), Err(None), "{host} parses");
        }
    }

    #[test]
    fn users_ports_schemes_and_endless_addresses_are_denied() {
        for (text, denied) in [
            ("http://user:pw@example.com/x.jpg", Denied::User),
            ("http://good.com@127.0.0.1/", Denied::User),
            ("http://:pw@example.com/", Denied::User),
            ("http://example.com:22/", Denied::Port),
            ("http://example.com:0/", Denied::Port),
            ("https://1.1.1.1:8443/", Denied::Port),
            ("ftp://example.com/x.jpg", Denied::Scheme),
            ("file:///etc/passwd", Denied::Scheme),
            ("gopher://example.com/", Denied::Scheme),
            ("data:image/gif;base64,AAAA", Denied::Scheme),
            ("javascript:alert(1)", Denied::Scheme),
        ] {
            assert_eq!(checked(text), Err(Some(denied)), "{text}");
        }
        assert_eq!(checked(&format!("http://example.com/{}", "x".repeat(LONGEST))), Err(Some(Denied::Length)));
        assert_eq!(checked("http://example.com:99999/"), Err(None));
        assert_eq!(checked("https://Example.COM./x"), Ok(Target::Name("example.com".to_owned(), 443)));
        assert_eq!(checked("http://1.1.1.1/x"), Ok(Target::Literal("1.1.1.1:80".parse().expect("an address"))));
    }

    #[test]
    fn what_the_settings_open_is_open_at_its_port_alone() {
        let allowed = Allowed(vec!["127.0.0.1:8081".parse().expect("an address")]);
        let check = |text: &str| allowed.check(&Url::parse(text).expect("an address"));
        assert!(check("http://127.0.0.1:8081/x.jpg").is_ok());
        assert_eq!(check("http://127.0.0.1:8082/x.jpg"), Err(Denied::Port));
        assert_eq!(check("http://127.0.0.1/x.jpg"), Err(Denied::Private));
        assert_eq!(check("http://127.0.0.2:8081/x.jpg"), Err(Denied::Private));
        assert_eq!(check("http://1.1.1.1:8081/x.jpg"), Err(Denied::Private));
    }

    /// Every way in which the URL standard lets an IPv4 address be written.
    fn notation(ip: u32, way: usize, parts: usize) -> String {
        let number = |value: u32| match way {
            0 => value.to_string(),
            1 => format!("{value:#x}"),
            2 => format!("0{value:o}"),
            _ => value.to_string().bytes().fold(String::new(), |text, byte| format!("{text}%{byte:02x}")),
        };
        let octets = ip.to_be_bytes();
        let mut written: Vec<String> = octets.iter().take(parts - 1).map(|octet| number(u32::from(*octet))).collect();
        let rest = octets.iter().skip(parts - 1).fold(0, |rest, octet| rest << 8 | u32::from(*octet));
        written.push(number(rest));
        written.join(".")
    }

    proptest! {
        #[test]
        fn however_an_address_is_written_only_a_public_one_is_let_through(
            ip in prop_oneof![any::<u32>(), (0_u32..20).prop_map(|low| 0x7f00_0000 | low), Just(0xa9fe_a9fe)],
            way in 0_usize..4,
            parts in 1_usize..5,
        ) {
            let text = format!("http://{}/", notation(ip, way, parts));
            let public = is_public(Ipv4Addr::from(ip).into());
            match checked(&text) {
                Ok(Target::Literal(address)) => {
                    prop_assert!(public && address.ip() == Ipv4Addr::from(ip), "{text}");
                }
                Ok(Target::Name(..)) => prop_assert!(false, "{} is taken for a name", text),
                Err(_) => prop_assert!(!public, "{text} is denied"),
            }
        }

        #[test]
        fn no_address_inside_another_gets_through(ip in any::<u32>(), form in 0_usize..6) {
            let [high, low] = [ip >> 16, ip & 0xffff];
            let text = match form {
                0 => format!("[::ffff:{}]", Ipv4Addr::from(ip)),
                1 => format!("[::{high:x}:{low:x}]"),
                2 => format!("[64:ff9b::{high:x}:{low:x}]"),
                3 => format!("[2002:{high:x}:{low:x}::]"),
                4 => format!("[::ffff:{high:x}:{low:x}]"),
                _ => format!("[64:ff9b:1::{high:x}:{low:x}]"),
            };
            prop_assert_eq!(checked(&format!("http://{text}/")), Err(Some(Denied::Private)));
        }

        #[test]
        fn whatever_is_written_leads_to_a_public_address_or_a_name(text in "\\PC{0,60}") {
            if let Ok(Target::Literal(address)) = checked(&format!("http://{text}/")) {
                prop_assert!(is_public(address.ip()));
            }
        }
    }
}

//! What passes, and every way not to. The signer here makes its base by hand, apart from the code under test.

use base64::prelude::{BASE64_STANDARD, Engine};
use p256::ecdsa::{SigningKey, signature::Signer};

use super::{key::tests::PEM, *};
use crate::secret::unhex;

const NOW: i64 = 1_618_884_473;
const BODY_DIGEST: &str = "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:";
const ALL: &str = r#""@method" "@authority" "@path" "@query" "content-digest""#;

/// What is done to a request.
type Bend = fn(&mut Request);

/// A request that can be bent after it was signed.
#[derive(Clone)]
struct Request {
    method: String,
    authority: String,
    path: String,
    query: Option<String>,
    body: Body,
    headers: Vec<(String, String)>,
}

impl Request {
    fn new() -> Self {
        let mut request = Self {
            method: "POST".to_owned(),
            authority: "Example.com:8443".to_owned(),
            path: "/foo%20bar".to_owned(),
            query: Some("param=Value&Pet=dog".to_owned()),
            body: Body::Possible,
            headers: Vec::new(),
        };
        request.set("content-digest", BODY_DIGEST);
        request.set("content-type", "application/json");
        request
    }

    fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    fn unset(&mut self, name: &str) {
        self.headers.retain(|(known, _)| known != name);
    }

    fn get(&self, name: &str) -> Option<String> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    fn value(&self, name: &str) -> String {
        self.get(name).unwrap_or_default()
    }

    fn claim(&mut self, parameters: &str) {
        self.set("signature-input", &format!("keyward={parameters}"));
    }

    /// Signs with these parameters as they are: components in their brackets, then the rest.
    fn signed(mut self, by: &SigningKey, parameters: &str) -> Self {
        let covered = parameters[1..parameters.find(')').unwrap()].split(' ').filter(|name| !name.is_empty());
        let lines = covered.map(|quoted| {
            let value = match quoted.trim_matches('"') {
                "@method" => self.method.clone(),
                "@authority" => self.authority.to_lowercase(),
                "@path" => self.path.clone(),
                "@query" => format!("?{}", self.query.clone().unwrap_or_default()),
                name => self.value(name),
            };
            format!("{quoted}: {value}\n")
        });
        let base = format!("{}\"@signature-params\": {parameters}", lines.collect::<String>());
        let signature: Signature = by.sign(base.as_bytes());
        self.claim(parameters);
        self.set("signature", &format!("keyward=:{}:", BASE64_STANDARD.encode(signature.to_bytes())));
        self
    }

    fn verify(&self, keys: &[&RequestSigningKey]) -> Result<Proof, Refusal> {
        self.verify_at(keys, NOW * 1000)
    }

    fn verify_at(&self, keys: &[&RequestSigningKey], millis: i64) -> Result<Proof, Refusal> {
        let header = |name: &str| self.get(name);
        let message = Message {
            method: &self.method,
            scheme: None,
            authority: &self.authority,
            path: &self.path,
            query: self.query.as_deref(),
            body: self.body,
            header: &header,
        };
        verify(&message, keys, Timestamp::from_millis(millis))
    }
}

fn pair(seed: u8) -> (SigningKey, RequestSigningKey) {
    let private = SigningKey::from_slice(&[seed; 32]).unwrap();
    let point = private.verifying_key().to_sec1_point(false);
    let encode = |bytes: &[u8]| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let (x, y) = (encode(point.x().unwrap()), encode(point.y().unwrap()));
    let public = RequestSigningKey::parse(&format!(r#"{{"kty":"EC","crv":"P-256","x":"{x}","y":"{y}"}}"#)).unwrap();
    (private, public)
}

fn parameters() -> String {
    format!("({ALL});created={NOW};nonce=\"n-1\"")
}

/// RFC 9421, B.2.4: a response, so its base is given; the key and the signature are the document's.
#[test]
fn the_standards_own_signature_holds() {
    let base = "\"@status\": 200\n\"content-type\": application/json\n\"content-digest\": sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:\n\"content-length\": 23\n\"@signature-params\": (\"@status\" \"content-type\" \"content-digest\" \"content-length\");created=1618884473;keyid=\"test-key-ecc-p256\"";
    let octets = "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==";
    let signature = Signature::from_slice(&BASE64_STANDARD.decode(octets).unwrap()).unwrap();
    let key = RequestSigningKey::parse(PEM).unwrap();
    assert!(key.verifies(base.as_bytes(), &signature));
    assert!(!key.verifies(base.replace("200", "201").as_bytes(), &signature));
}

/// RFC 9421, B.2.3: a request; its key is of another kind, its base is what ours must be.
#[test]
fn the_base_is_the_standards() {
    let digest = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";
    let parameters = r#"("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss""#;
    let expected = format!(
        "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n\"@method\": POST\n\"@path\": /foo\n\"@query\": ?param=Value&Pet=dog\n\
         \"@authority\": example.com\n\"content-type\": application/json\n\"content-digest\": {digest}\n\
         \"content-length\": 18\n\"@signature-params\": {parameters}"
    );
    let header = |name: &str| {
        let value = match name {
            "date" => "Tue, 20 Apr 2021 02:07:55 GMT",
            "content-type" => "application/json",
            "content-digest" => digest,
            "content-length" => "18",
            _ => return None,
        };
        Some(value.to_owned())
    };
    let message = Message {
        method: "POST",
        scheme: None,
        authority: "example.com",
        path: "/foo",
        query: Some("param=Value&Pet=dog"),
        body: Body::Possible,
        header: &header,
    };
    let (input, _) = the_only(&format!("sig-b23={parameters}"), "sig-b23=:AA==:").unwrap();
    assert_eq!(base(&message, &input, &components(&input).unwrap()).unwrap(), expected);
}

#[test]
fn a_right_signature_passes_however_it_is_written() {
    let (private, public) = pair(1);
    let (_, other) = pair(2);
    let none = r#""@method" "@authority" "@path" "@query""#;
    let longest = "~".repeat(128);
    let edge = |seconds: i64| format!("({ALL});created={};nonce=\"n-1\"", NOW + seconds);
    for (change, parameters, nonce) in [
        ((|_| {}) as Bend, parameters(), "n-1"),
        (
            |_| {},
            format!("({ALL});nonce=\"a\\\"b\";keyid=\"k\";alg=\"ecdsa-p256-sha256\";created={NOW};unheard=1.5"),
            "a\"b",
        ),
        (|_| {}, format!("({ALL});created={NOW};nonce=\"{longest}\";expires={};tag=\"t\"", NOW + 1), &longest),
        (|_| {}, format!("(\"content-type\" {ALL});created={NOW};nonce=\"n-1\""), "n-1"),
        (|_| {}, edge(300), "n-1"),
        (|_| {}, edge(-300), "n-1"),
        (|request| request.body = Body::Absent, parameters(), "n-1"),
        (|request| request.body = Body::Absent, format!("({none});created={NOW};nonce=\"n-1\""), "n-1"),
        (|request| request.query = None, parameters(), "n-1"),
        (|request| request.query = Some(String::new()), parameters(), "n-1"),
        (|request| request.method = "PURGE".to_owned(), parameters(), "n-1"),
        (
            |request| request.set("content-type", ""),
            format!("(\"content-type\" {ALL});created={NOW};nonce=\"n-1\""),
            "n-1",
        ),
    ] {
        let mut request = Request::new();
        change(&mut request);
        let request = request.signed(&private, &parameters);
        let proof = request.verify(&[&other, &public]).unwrap_or_else(|refusal| panic!("{parameters}: {refusal}"));
        assert_eq!((proof.nonce.as_str(), proof.key_index), (nonce, 1), "{parameters}");
        assert!(proof.nonce_expires_at().since(Timestamp::from_millis(NOW * 1000)) >= WINDOW, "{parameters}");
        // The names of headers are matched in lower case and values are trimmed, as a proxy may rewrite both.
        let mut padded = request;
        padded.authority = padded.authority.to_uppercase();
        padded.set("content-digest", &format!(" {BODY_DIGEST}\t"));
        assert_eq!(padded.verify(&[&public]).map(|proof| proof.key_index), Ok(0), "{parameters}");
    }
}

#[test]
fn whatever_is_bent_after_signing_is_refused() {
    let (private, public) = pair(1);
    let bends: [(&str, Bend); 32] = [
        ("method", |r| r.method = "PUT".to_owned()),
        ("method's case", |r| r.method = "post".to_owned()),
        ("authority", |r| r.authority = "example.org:8443".to_owned()),
        ("port", |r| r.authority = "example.com".to_owned()),
        ("path", |r| r.path = "/foo%20baz".to_owned()),
        ("path's encoding", |r| r.path = "/foo bar".to_owned()),
        ("no path", |r| r.path.clear()),
        ("query", |r| r.query = Some("param=value&Pet=dog".to_owned())),
        ("query's order", |r| r.query = Some("Pet=dog&param=Value".to_owned())),
        ("no query", |r| r.query = None),
        ("query in the path", |r| r.path = format!("{}?{}", r.path, r.query.take().unwrap())),
        ("digest", |r| r.set("content-digest", &BODY_DIGEST.replace("X48E", "X48F"))),
        ("no digest", |r| r.unset("content-digest")),
        ("a line in the path", |r| r.path = "/foo%20bar\n\"x\": y".to_owned()),
        ("a letter beyond ASCII", |r| r.query = Some("é".to_owned())),
        ("created", |r| r.claim(&parameters().replace(&NOW.to_string(), &(NOW - 1).to_string()))),
        ("nonce", |r| r.claim(&parameters().replace("n-1", "n-2"))),
        ("parameters' order", |r| r.claim(&format!("({ALL});nonce=\"n-1\";created={NOW}"))),
        ("a parameter more", |r| r.claim(&format!("{};tag=\"t\"", parameters()))),
        ("a component more", |r| r.claim(&parameters().replace('(', "(\"content-type\" "))),
        ("components' order", |r| r.claim(&parameters().replace("@path\" \"@query", "@query\" \"@path"))),
        ("another label", |r| r.set("signature-input", &format!("other={}", parameters()))),
        ("one more input", |r| r.claim(&format!("{0}, other={0}", parameters()))),
        ("one more signature", |r| r.set("signature", &format!("{}, other=:AAAA:", r.value("signature")))),
        ("two whole signatures", |r| {
            for name in ["signature", "signature-input"] {
                let field = r.value(name);
                r.set(name, &format!("{field}, {}", field.replace("keyward=", "other=")));
            }
        }),
        ("no signature", |r| r.unset("signature")),
        ("no input", |r| r.unset("signature-input")),
        ("empty fields", |r| ["signature", "signature-input"].iter().for_each(|name| r.set(name, ""))),
        ("not octets", |r| r.set("signature", "keyward=\"abc\"")),
        ("an input that is no list", |r| r.claim("1")),
        ("a broken field", |r| r.set("signature", "keyward=:")),
        ("a stranger's signature", |r| *r = Request::new().signed(&pair(2).0, &parameters())),
    ];
    for (what, bend) in bends {
        let mut request = Request::new().signed(&private, &parameters());
        assert!(request.verify(&[&public]).is_ok(), "{what}");
        bend(&mut request);
        assert!(matches!(request.verify(&[&public]), Err(Invalid(_))), "{what}");
    }
    let signed = Request::new().signed(&private, &parameters());
    assert!(matches!(signed.verify(&[]), Err(Invalid(_))), "no key, no proof");
    assert_eq!(Request::new().verify(&[&public]), Err(Missing));
}

/// Signed by the right key, and still not enough.
#[test]
fn a_signature_that_says_too_little_is_refused() {
    let (private, public) = pair(1);
    let without = |name: &str| ALL.replace(&format!("\"{name}\""), "").replace("  ", " ").trim().to_owned();
    let full = format!(";created={NOW};nonce=\"n\"");
    let many: Vec<String> = (0..33).map(|number| format!("\"x-{number}\"")).collect();
    let many = many.join(" ");
    for (parameters, expected) in [
        (format!("({}){full}", without("@method")), "must cover @method"),
        (format!("({}){full}", without("@authority")), "must cover @method"),
        (format!("({}){full}", without("@path")), "must cover @method"),
        (format!("({}){full}", without("@query")), "must cover @method"),
        (format!("({}){full}", without("content-digest")), "cover content-digest"),
        (format!("(){full}"), "must cover @method"),
        (format!("({ALL} \"@method\"){full}"), "twice"),
        (format!("({ALL} {many}){full}"), "too much"),
        (format!("({ALL} \"x-absent\"){full}"), "did not come"),
        (format!("({ALL} \"Content-Type\"){full}"), "not known"),
        (format!("({ALL} \"@status\"){full}"), "not known"),
        (format!("({ALL} \"@signature-params\"){full}"), "not known"),
        (format!("({ALL} \"\\\"\"){full}"), "not known"),
        (format!("({ALL} token){full}"), "must be a string"),
        (format!("({ALL};req){full}"), "parameter"),
        (format!("({}){full}", ALL.replace("\"@path\"", "\"@path\";sf")), "parameter"),
        (format!("({ALL});nonce=\"n\""), "when it was created"),
        (format!("({ALL});created={};nonce=\"n\"", NOW - 301), "when it was created"),
        (format!("({ALL});created={};nonce=\"n\"", NOW + 301), "when it was created"),
        (format!("({ALL});created=-{NOW};nonce=\"n\""), "when it was created"),
        (format!("({ALL});created=999999999999999;nonce=\"n\""), "when it was created"),
        (format!("({ALL});created=\"{NOW}\";nonce=\"n\""), "when it was created"),
        (format!("({ALL});created={NOW}.0;nonce=\"n\""), "when it was created"),
        (format!("({ALL}){full};expires={NOW}"), "expired"),
        (format!("({ALL}){full};expires=\"never\""), "expired"),
        (format!("({ALL});created={NOW}"), "nonce"),
        (format!("({ALL});created={NOW};nonce=\"\""), "nonce"),
        (format!("({ALL});created={NOW};nonce=\"a b\""), "nonce"),
        (format!("({ALL});created={NOW};nonce=\"{}\"", "n".repeat(129)), "nonce"),
        (format!("({ALL});created={NOW};nonce=token"), "nonce"),
        (format!("({ALL});created={NOW};nonce=1"), "nonce"),
        (format!("({ALL}){full};alg=\"hmac-sha256\""), "ecdsa-p256-sha256"),
        (format!("({ALL}){full};alg=\"rsa-pss-sha512\""), "ecdsa-p256-sha256"),
        (format!("({ALL}){full};alg=\"ecdsa-p384-sha384\""), "ecdsa-p256-sha256"),
        (format!("({ALL}){full};alg=ecdsa-p256-sha256"), "ecdsa-p256-sha256"),
        (format!("({ALL}){full};alg=\"\""), "ecdsa-p256-sha256"),
    ] {
        let refusal = Request::new().signed(&private, &parameters).verify(&[&public]).unwrap_err();
        assert!(matches!(refusal, Invalid(why) if why.contains(expected)), "{parameters}: {refusal}");
    }
    for digest in ["", "md5=:AAAA:", "sha-256=:AAAA:", "sha-256"] {
        let mut request = Request::new();
        request.set("content-digest", digest);
        let refusal = request.signed(&private, &parameters()).verify(&[&public]).unwrap_err();
        assert!(matches!(refusal, Invalid(why) if why.contains("sha-512")), "{digest}: {refusal}");
    }
}

/// A value that could be taken for more than one component is not signed, even by its own key.
#[test]
fn a_value_is_one_line_of_plain_ascii() {
    let (private, public) = pair(1);
    let bends: [Bend; 6] = [
        |r| r.path = "/a\n\"@query\": ?b".to_owned(),
        |r| r.path = "/é".to_owned(),
        |r| r.query = Some("a\rb".to_owned()),
        |r| r.method = "POST\0".to_owned(),
        |r| r.authority = "example.com\u{7f}".to_owned(),
        |r| r.set("content-type", "text/plain\n folded"),
    ];
    for (number, bend) in bends.into_iter().enumerate() {
        let mut request = Request::new();
        bend(&mut request);
        let parameters = parameters().replace('(', "(\"content-type\" ");
        let refusal = request.signed(&private, &parameters).verify(&[&public]).unwrap_err();
        assert!(matches!(refusal, Invalid(why) if why.contains("cannot be signed")), "{number}: {refusal}");
    }
}

#[test]
fn five_minutes_are_five_minutes() {
    let (private, public) = pair(1);
    let signed = Request::new().signed(&private, &parameters());
    for (away, right) in [(0, true), (WINDOW, true), (WINDOW + 1, false), (-WINDOW, true), (-WINDOW - 1, false)] {
        let said = signed.verify_at(&[&public], NOW * 1000 + away);
        assert_eq!(said.is_ok(), right, "{away}");
    }
    for edge in [i64::MIN, i64::MAX] {
        assert!(signed.verify_at(&[&public], edge).is_err());
    }
}

#[test]
fn only_sixty_four_octets_are_a_signature() {
    let (private, public) = pair(1);
    let signed = Request::new().signed(&private, &parameters());
    let field = signed.value("signature");
    let octets = BASE64_STANDARD.decode(field.split(':').nth(1).unwrap()).unwrap();
    assert_eq!(octets.len(), 64);
    let half = |from: usize| octets[from..from + 32].to_vec();
    let (r, s) = (half(0), half(32));
    // DER (RFC 3279, 2.2.3), with the leading zero that keeps a number positive.
    let number = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        if bytes[0] >= 0x80 {
            bytes.insert(0, 0);
        }
        [vec![2, u8::try_from(bytes.len()).unwrap()], bytes].concat()
    };
    let numbers = [number(&r), number(&s)].concat();
    let der = [vec![0x30, u8::try_from(numbers.len()).unwrap()], numbers].concat();
    // SEC 2, 2.4.2.
    let order = unhex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").unwrap().to_vec();
    let zero = vec![0; 32];
    for (what, bytes, right) in [
        ("r and s", octets.clone(), true),
        ("DER", der, false),
        ("zeros", vec![0; 64], false),
        ("ones", vec![0xff; 64], false),
        ("r of zero", [zero.clone(), s.clone()].concat(), false),
        ("s of zero", [r.clone(), zero].concat(), false),
        ("r of the order", [order.clone(), s.clone()].concat(), false),
        ("s of the order", [r.clone(), order].concat(), false),
        ("s and r", [s.clone(), r.clone()].concat(), false),
        ("63", octets[..63].to_vec(), false),
        ("65", [octets.clone(), vec![0]].concat(), false),
        ("none", Vec::new(), false),
        ("one bit", [r, s[..31].to_vec(), vec![s[31] ^ 1]].concat(), false),
    ] {
        let mut request = signed.clone();
        request.set("signature", &format!("keyward=:{}:", BASE64_STANDARD.encode(bytes)));
        assert_eq!(request.verify(&[&public]).is_ok(), right, "{what}");
    }
}

#[test]
fn an_authority_has_no_port_of_its_scheme() {
    for (scheme, host, expected) in [
        (None, "API.Example.com:443", "api.example.com"),
        (None, "api.example.com:80", "api.example.com"),
        (None, "api.example.com:8443", "api.example.com:8443"),
        (None, "[2001:db8::1]:443", "[2001:db8::1]"),
        (None, "api.example.com", "api.example.com"),
        (None, "api.example.com:", "api.example.com"),
        (Some("https"), "api.example.com:443", "api.example.com"),
        (Some("https"), "api.example.com:80", "api.example.com:80"),
        (Some("HTTP"), "api.example.com:80", "api.example.com"),
        (Some("http"), "api.example.com:443", "api.example.com:443"),
    ] {
        assert_eq!(super::authority(scheme, host), expected, "{scheme:?} {host}");
    }
}

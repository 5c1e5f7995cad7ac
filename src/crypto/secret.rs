//! Where randomness comes from, and the types that hold what must not leak: a plaintext token, a setup link's code, the
//! master key. None of them can be printed, cloned or serialised, and each is wiped when dropped.

use std::{
    fmt, fs,
    io::{self, Read, Write},
    path::Path,
    sync::Arc,
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use chacha20poly1305::{XChaCha20Poly1305, XNonce, aead::Aead};
use hmac::{Hmac, KeyInit, Mac};
use model::{
    id::{AccountId, BASE62, EntryId, ID_LENGTH, JobId, KeyId, RequestSigningKeyId, TenantId},
    name::Prefix,
    token::{SECRET_LENGTH, checksum},
};
use rand::{TryRng, rngs::SysRng};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

type Fill = dyn Fn(&mut [u8]) + Send + Sync;

/// A source of unpredictable bytes.
#[derive(Clone)]
pub struct Entropy(Arc<Fill>);

impl Entropy {
    /// The operating system's generator.
    ///
    /// # Panics
    /// Later, when the system has no randomness to give: going on without would be worse.
    pub fn system() -> Self {
        Self(Arc::new(|bytes| SysRng.try_fill_bytes(bytes).expect("the operating system gives random bytes")))
    }

    /// A source of the caller's, for tests.
    pub fn from_fn(fill: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Self {
        Self(Arc::new(fill))
    }

    /// So many bytes.
    pub fn bytes<const LENGTH: usize>(&self) -> Zeroizing<[u8; LENGTH]> {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        (self.0)(bytes.as_mut());
        bytes
    }

    /// `length` characters of base62, each equally likely.
    fn base62(&self, length: usize) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(length));
        while text.len() < length {
            let bytes = self.bytes::<64>();
            // 248 is the largest multiple of 62 in a byte: what lies above would favour some digits.
            let fair = bytes.iter().filter(|byte| **byte < 248).map(|byte| char::from(BASE62[usize::from(*byte) % 62]));
            let missing = length - text.len();
            text.extend(fair.take(missing));
        }
        text
    }

    fn id<T>(&self, parse: impl Fn(&str) -> Option<T>) -> T {
        parse(&self.base62(ID_LENGTH)).expect("base62 of an id's length is an id")
    }

    /// A new key id.
    pub fn key_id(&self) -> KeyId {
        self.id(KeyId::parse)
    }

    /// A new tenant id.
    pub fn tenant_id(&self) -> TenantId {
        self.id(TenantId::parse)
    }

    /// A new entry's id.
    pub fn entry_id(&self) -> EntryId {
        self.id(EntryId::parse)
    }

    /// A new job's id.
    pub fn job_id(&self) -> JobId {
        self.id(JobId::parse)
    }

    /// A new user id.
    pub fn account_id(&self) -> AccountId {
        self.id(AccountId::parse)
    }

    /// A new request signing key's id.
    pub fn request_signing_key_id(&self) -> RequestSigningKeyId {
        self.id(RequestSigningKeyId::parse)
    }

    /// A code of a secret's strength, for a link that works once.
    pub fn code(&self) -> Plaintext {
        Plaintext(self.base62(SECRET_LENGTH))
    }

    /// A new token for `id`.
    pub fn token(&self, prefix: &Prefix, id: KeyId) -> Plaintext {
        let secret = self.base62(SECRET_LENGTH);
        let mut text = Zeroizing::new(String::with_capacity(80));
        text.extend([prefix.as_str(), "_", id.as_str(), "_", secret.as_str()]);
        let sum = checksum(&text);
        text.extend(sum.iter().map(|byte| char::from(*byte)));
        Plaintext(text)
    }
}

/// A secret in the clear. It has no `Debug`, no `Clone`, no `Serialize`; whoever shows it has to say so.
pub struct Plaintext(Zeroizing<String>);

impl Plaintext {
    /// A secret that was made elsewhere in the domain: a signed JWT.
    pub(crate) fn new(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// The one way to read it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Its last four characters, which the mask shows.
    pub fn last_four(&self) -> String {
        self.0[self.0.len().saturating_sub(4)..].to_owned()
    }
}

/// SHA-256 of a secret: all that is stored of it.
#[derive(Clone, Copy)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Compares in constant time.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    /// A digest of nothing that anybody holds: no text is known to have it.
    pub fn of_nothing(entropy: &Entropy) -> Self {
        Self(*entropy.bytes())
    }

    /// The bytes, to find what they are the digest of.
    pub fn bytes(&self) -> [u8; 32] {
        self.0
    }

    /// Reads 32 bytes in base64, of the standard alphabet or that of addresses, padded or not.
    pub fn from_base64(text: &str) -> Option<Self> {
        let text = text.trim_end_matches('=').replace('-', "+").replace('_', "/");
        STANDARD_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// 64 hexadecimal digits, as stored.
    pub fn to_hex(self) -> String {
        hex(&self.0)
    }

    /// Reads what [`Digest::to_hex`] wrote.
    pub fn from_hex(text: &str) -> Option<Self> {
        unhex(text).map(Self)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(..)")
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        use fmt::Write as _;
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads 32 bytes of hexadecimal.
pub fn unhex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// Bytes of a seal's nonce: long enough to be drawn at random every time.
const NONCE_LENGTH: usize = 24;

/// The key every other key of this installation is derived from. The same on every node.
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl MasterKey {
    /// Reads the master key's file: 64 hexadecimal digits. One that every user of the machine can read is refused.
    pub fn load(path: &Path) -> io::Result<Self> {
        let file = fs::File::open(path)?;
        if is_open_to_others(&file.metadata()?) {
            let words = format!("every user of this machine can read it: run `chmod 600 {}`", path.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, words));
        }
        Self::read(file)
    }

    fn read(file: fs::File) -> io::Result<Self> {
        let mut text = Zeroizing::new(String::new());
        file.take(1024).read_to_string(&mut text)?;
        let bytes = unhex(text.trim()).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, "it should hold 64 hexadecimal digits and nothing else")
        })?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// Makes the master key's file, readable by its owner alone. One that exists is left as it is.
    pub fn create(path: &Path, entropy: &Entropy) -> io::Result<Self> {
        let bytes = entropy.bytes();
        // Written whole under another name, then linked into place: a reader never sees half a key.
        let fresh = path.with_extension(format!("new-{}", entropy.key_id()));
        let mut file = private().write(true).create_new(true).open(&fresh)?;
        let text = Zeroizing::new(hex(bytes.as_ref()));
        let written = writeln!(file, "{}", text.as_str()).and_then(|()| file.sync_all());
        let placed = written.and_then(|()| fs::hard_link(&fresh, path));
        fs::remove_file(&fresh)?;
        placed.map(|()| Self(bytes))
    }

    /// HMAC-SHA256 under a key derived for one purpose (RFC 2104; the derivation is one HMAC step).
    pub fn mac(&self, purpose: &str, bytes: &[u8]) -> [u8; 32] {
        let derived = Zeroizing::new(hmac(self.0.as_ref(), purpose.as_bytes()));
        hmac(derived.as_ref(), bytes)
    }

    /// Seals a secret that has to be read again, for storage: XChaCha20-Poly1305 under a key derived for one purpose, in
    /// base64url with its random nonce in front.
    pub fn seal(&self, purpose: &str, bytes: &[u8], entropy: &Entropy) -> String {
        let nonce = entropy.bytes::<NONCE_LENGTH>();
        let sealed = self.cipher(purpose).encrypt(&XNonce::from(*nonce), bytes).expect("a secret is short");
        URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`MasterKey::seal`] sealed; `None` when it was changed, or sealed for another purpose or under another
    /// master key.
    pub fn unseal(&self, purpose: &str, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LENGTH>()?;
        self.cipher(purpose).decrypt(&XNonce::from(*nonce), sealed).ok().map(Zeroizing::new)
    }

    /// Never the key that [`MasterKey::mac`] derives, whatever the purpose is called.
    fn cipher(&self, purpose: &str) -> XChaCha20Poly1305 {
        let derived = Zeroizing::new(hmac(self.0.as_ref(), format!("seal {purpose}").as_bytes()));
        XChaCha20Poly1305::new((&*derived).into())
    }
}

/// Whether every user of the machine can read or write a file.
#[cfg(unix)]
pub fn is_open_to_others(file: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&file.permissions()) & 0o007 != 0
}

/// Whether every user of the machine can read or write a file: elsewhere its folder decides.
#[cfg(not(unix))]
pub fn is_open_to_others(_: &fs::Metadata) -> bool {
    false
}

/// How a file is opened that its owner alone may read, if it has to be made.
pub fn private() -> fs::OpenOptions {
    let mut options = fs::OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// HMAC-SHA256 (RFC 2104).
pub(crate) fn hmac(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::token;

    #[test]
    fn a_new_token_reads_back_and_differs_every_time() {
        let entropy = Entropy::system();
        let prefix = Prefix::parse("kw").unwrap();
        let id = entropy.key_id();
        let (one, two) = (entropy.token(&prefix, id), entropy.token(&prefix, id));
        assert_ne!(one.reveal(), two.reveal());
        assert_eq!(token::parse(one.reveal()).unwrap().id, id);
        assert!(one.reveal().ends_with(&one.last_four()));
    }

    #[test]
    fn every_digit_is_equally_likely() {
        // Every byte value once: 248 of them give each of the 62 digits four times; the rest are passed over.
        let next = Arc::new(std::sync::atomic::AtomicU8::new(0));
        let entropy = Entropy::from_fn(move |bytes| {
            for byte in bytes {
                *byte = next.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            }
        });
        let text = entropy.base62(248);
        assert!(BASE62.iter().all(|digit| text.bytes().filter(|byte| byte == digit).count() == 4));
    }

    #[test]
    fn digests_compare_whole() {
        let digest = Digest::of(b"secret");
        assert!(Digest::from_hex(&digest.to_hex()).unwrap().matches(&digest));
        assert!(!Digest::of(b"secres").matches(&digest));
        assert!(Digest::from_hex("00").is_none() && Digest::from_hex(&"é".repeat(32)).is_none());
        assert_eq!(format!("{digest:?}"), "Digest(..)");
    }

    #[test]
    fn the_master_key_is_made_once_and_its_uses_differ() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let entropy = Entropy::system();
        assert_eq!(MasterKey::load(&path).err().unwrap().kind(), io::ErrorKind::NotFound, "reading makes none");
        let made = MasterKey::create(&path, &entropy).unwrap();
        assert_eq!(MasterKey::create(&path, &entropy).err().unwrap().kind(), io::ErrorKind::AlreadyExists);
        let read = MasterKey::load(&path).unwrap();
        assert_eq!(made.mac("audit", b"x"), read.mac("audit", b"x"));
        assert_ne!(made.mac("audit", b"x"), made.mac("checkpoint", b"x"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let give = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            for open in [0o604, 0o644, 0o602] {
                give(open);
                let refused = MasterKey::load(&path).err().unwrap().to_string();
                assert!(refused.contains("chmod 600"), "{open:o}: {refused}");
            }
            give(0o640);
            assert!(MasterKey::load(&path).is_ok(), "a group is chosen by whoever runs it");
        }
        fs::write(&path, "short").unwrap();
        assert_eq!(MasterKey::load(&path).err().unwrap().kind(), io::ErrorKind::InvalidData);
    }

    #[test]
    fn only_what_was_sealed_so_opens() {
        let entropy = Entropy::system();
        let folder = tempfile::tempdir().unwrap();
        let master = |name: &str| MasterKey::create(&folder.path().join(name), &entropy).unwrap();
        let (ours, theirs) = (master("ours"), master("theirs"));
        let sealed = ours.seal("one", b"secret", &entropy);
        assert_ne!(sealed, ours.seal("one", b"secret", &entropy), "a nonce is never used twice");
        assert_eq!(ours.unseal("one", &sealed).as_deref().map(Vec::as_slice), Some(&b"secret"[..]));
        assert!(ours.unseal("two", &sealed).is_none(), "another purpose");
        assert!(theirs.unseal("one", &sealed).is_none(), "another master key");
        for index in 0..sealed.len() {
            for replacement in ["A", "B", "", "=", "AA"] {
                let mut text = sealed.clone();
                text.replace_range(index..=index, replacement);
                assert!(text == sealed || ours.unseal("one", &text).is_none(), "{text}");
            }
        }
        for text in ["", "AAAA", &sealed[..40]] {
            assert!(ours.unseal("one", text).is_none(), "{text}");
        }
    }

    #[test]
    fn hmac_is_hmac() {
        // RFC 4231, test case 2.
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex(&super::hmac(b"Jefe", b"what do ya want for nothing?")), expected);
    }
}

//! Message-IDs: opaque to readers, the same on every attempt, so that a mail sent twice is recognised as one.

use data_encoding::HEXLOWER;

use crate::values::{DeliveryId, RootKey};

/// The Message-ID of a delivery, without angle brackets. It tells nobody how many mails there were.
pub fn message_id(root: &RootKey, delivery: DeliveryId, host: &str) -> String {
    let mac = root.keyed(b"message-id", &delivery.0.to_be_bytes());
    let (half, _) = mac.split_at(16);
    format!("{}@{host}", HEXLOWER.encode(half))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_on_each_call_and_different_per_delivery() {
        let root = RootKey::from_bytes([3; 32]);
        let one = message_id(&root, DeliveryId(1), "mail.example");
        assert_eq!(one, message_id(&root, DeliveryId(1), "mail.example"));
        assert_ne!(one, message_id(&root, DeliveryId(2), "mail.example"));
        assert!(one.ends_with("@mail.example") && one.len() == 32 + 13);
    }
}

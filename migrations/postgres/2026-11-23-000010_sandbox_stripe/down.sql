DROP TABLE sandbox_stripe_settings;
DROP TABLE sandbox_stripe_webhooks;
DROP TABLE sandbox_stripe_keys;
DROP TABLE sandbox_stripe_objects;

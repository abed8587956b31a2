DROP TABLE suppressions;
DROP TABLE consent_events;
DROP TABLE signups;
DROP TABLE subscriptions;
DROP TABLE subscribers;
DROP TABLE topic_names;
DROP TABLE topics;

DROP TABLE variants;
DROP TABLE campaign_topics;
DROP TABLE campaigns;

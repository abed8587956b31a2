DROP TABLE mail_servers;
DROP TABLE deliveries;
DROP TABLE schedules;
DROP TABLE jobs;
DROP TABLE nodes;

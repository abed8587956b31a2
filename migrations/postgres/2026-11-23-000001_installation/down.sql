DROP TABLE organisation;
DROP TABLE installation;

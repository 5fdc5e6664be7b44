DROP TABLE access_totalling;
DROP TABLE access_total_day;
DROP TABLE access_total;

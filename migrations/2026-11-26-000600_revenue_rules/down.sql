DROP TABLE revenue_rule;

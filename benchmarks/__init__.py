"""Measurements that back the claims about speed."""

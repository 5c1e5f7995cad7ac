-- Search finds what stands together, and inside words. Its index is another table, which src/store/key_index.rs makes and
-- fills.
DROP TABLE IF EXISTS key_index;

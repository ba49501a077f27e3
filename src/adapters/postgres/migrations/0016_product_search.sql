-- Each pair of neighbouring characters of a text, once: what a search for words looks up. As a shop's own words are found, in any
-- script and under any collation of the database. Letters of ASCII in lower case only: what the index has must never depend on a
-- library of the operating system, whose updates would make it wrong.
create function jaego_bigrams(text) returns text[] language sql immutable strict parallel safe as $bigrams$
  select coalesce(array_agg(distinct substr(folded, place, 2)), '{}')
  from lower($1 collate "C") folded, generate_series(1, length($1) - 1) place
$bigrams$;
create index products_by_words on products using gin (jaego_bigrams(name || ' ' || sku));

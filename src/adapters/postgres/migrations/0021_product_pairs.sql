-- The same pairs, made by a loop: of a product it takes a third of the time that a query inside a function takes. A pair that comes
-- twice is given twice; the index has it once, as before.
create or replace function jaego_bigrams(text) returns text[] language plpgsql immutable strict parallel safe as $bigrams$
declare
  folded text := lower($1 collate "C");
  pairs text[] := '{}';
begin
  for place in 1..length(folded) - 1 loop
    pairs[place] := substr(folded, place, 2);
  end loop;
  return pairs;
end
$bigrams$;

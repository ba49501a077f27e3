-- A search looks up the pairs of words, which hold no space: a pair with one is never asked for, and most products have as many of those as of
-- others. Each pair costs every new product an entry of the index.
create function jaego_word_pairs(text) returns integer[] language plpgsql immutable strict parallel safe as $pairs$
declare
  folded text := lower($1 collate "C");
  last integer := length(folded) - 1;
  pairs integer[] := '{}';
  bytes bytea;
  part bytea;
  characters text[];
begin
  if octet_length(folded) = last + 1 then
    -- Filled up with spaces, so that the last part is whole.
    bytes := convert_to(rpad(folded, last + 33), 'UTF8');
    for place in 1..last by 32 loop
      part := substr(bytes, place, 33);
      pairs := pairs || array[
        case when get_byte(part, 0) <> 32 and get_byte(part, 1) <> 32 then get_byte(part, 0) << 16 | get_byte(part, 1) end,
        case when get_byte(part, 1) <> 32 and get_byte(part, 2) <> 32 then get_byte(part, 1) << 16 | get_byte(part, 2) end,
        case when get_byte(part, 2) <> 32 and get_byte(part, 3) <> 32 then get_byte(part, 2) << 16 | get_byte(part, 3) end,
        case when get_byte(part, 3) <> 32 and get_byte(part, 4) <> 32 then get_byte(part, 3) << 16 | get_byte(part, 4) end,
        case when get_byte(part, 4) <> 32 and get_byte(part, 5) <> 32 then get_byte(part, 4) << 16 | get_byte(part, 5) end,
        case when get_byte(part, 5) <> 32 and get_byte(part, 6) <> 32 then get_byte(part, 5) << 16 | get_byte(part, 6) end,
        case when get_byte(part, 6) <> 32 and get_byte(part, 7) <> 32 then get_byte(part, 6) << 16 | get_byte(part, 7) end,
        case when get_byte(part, 7) <> 32 and get_byte(part, 8) <> 32 then get_byte(part, 7) << 16 | get_byte(part, 8) end,
        case when get_byte(part, 8) <> 32 and get_byte(part, 9) <> 32 then get_byte(part, 8) << 16 | get_byte(part, 9) end,
        case when get_byte(part, 9) <> 32 and get_byte(part, 10) <> 32 then get_byte(part, 9) << 16 | get_byte(part, 10) end,
        case when get_byte(part, 10) <> 32 and get_byte(part, 11) <> 32 then get_byte(part, 10) << 16 | get_byte(part, 11) end,
        case when get_byte(part, 11) <> 32 and get_byte(part, 12) <> 32 then get_byte(part, 11) << 16 | get_byte(part, 12) end,
        case when get_byte(part, 12) <> 32 and get_byte(part, 13) <> 32 then get_byte(part, 12) << 16 | get_byte(part, 13) end,
        case when get_byte(part, 13) <> 32 and get_byte(part, 14) <> 32 then get_byte(part, 13) << 16 | get_byte(part, 14) end,
        case when get_byte(part, 14) <> 32 and get_byte(part, 15) <> 32 then get_byte(part, 14) << 16 | get_byte(part, 15) end,
        case when get_byte(part, 15) <> 32 and get_byte(part, 16) <> 32 then get_byte(part, 15) << 16 | get_byte(part, 16) end,
        case when get_byte(part, 16) <> 32 and get_byte(part, 17) <> 32 then get_byte(part, 16) << 16 | get_byte(part, 17) end,
        case when get_byte(part, 17) <> 32 and get_byte(part, 18) <> 32 then get_byte(part, 17) << 16 | get_byte(part, 18) end,
        case when get_byte(part, 18) <> 32 and get_byte(part, 19) <> 32 then get_byte(part, 18) << 16 | get_byte(part, 19) end,
        case when get_byte(part, 19) <> 32 and get_byte(part, 20) <> 32 then get_byte(part, 19) << 16 | get_byte(part, 20) end,
        case when get_byte(part, 20) <> 32 and get_byte(part, 21) <> 32 then get_byte(part, 20) << 16 | get_byte(part, 21) end,
        case when get_byte(part, 21) <> 32 and get_byte(part, 22) <> 32 then get_byte(part, 21) << 16 | get_byte(part, 22) end,
        case when get_byte(part, 22) <> 32 and get_byte(part, 23) <> 32 then get_byte(part, 22) << 16 | get_byte(part, 23) end,
        case when get_byte(part, 23) <> 32 and get_byte(part, 24) <> 32 then get_byte(part, 23) << 16 | get_byte(part, 24) end,
        case when get_byte(part, 24) <> 32 and get_byte(part, 25) <> 32 then get_byte(part, 24) << 16 | get_byte(part, 25) end,
        case when get_byte(part, 25) <> 32 and get_byte(part, 26) <> 32 then get_byte(part, 25) << 16 | get_byte(part, 26) end,
        case when get_byte(part, 26) <> 32 and get_byte(part, 27) <> 32 then get_byte(part, 26) << 16 | get_byte(part, 27) end,
        case when get_byte(part, 27) <> 32 and get_byte(part, 28) <> 32 then get_byte(part, 27) << 16 | get_byte(part, 28) end,
        case when get_byte(part, 28) <> 32 and get_byte(part, 29) <> 32 then get_byte(part, 28) << 16 | get_byte(part, 29) end,
        case when get_byte(part, 29) <> 32 and get_byte(part, 30) <> 32 then get_byte(part, 29) << 16 | get_byte(part, 30) end,
        case when get_byte(part, 30) <> 32 and get_byte(part, 31) <> 32 then get_byte(part, 30) << 16 | get_byte(part, 31) end,
        case when get_byte(part, 31) <> 32 and get_byte(part, 32) <> 32 then get_byte(part, 31) << 16 | get_byte(part, 32) end];
    end loop;
    return array_remove(pairs, null);
  end if;
  characters := string_to_array(folded, null);
  for place in 1..last loop
    continue when characters[place] = ' ' or characters[place + 1] = ' ';
    pairs := pairs || ((ascii(characters[place]) & 65535) << 16 | (ascii(characters[place + 1]) & 65535));
  end loop;
  return pairs;
end
$pairs$;
-- The function of the index before stays, for a search of the build before that is on its way; that of the one before goes.
drop index products_by_pairs;
create index products_by_word_pairs on products using gin (jaego_word_pairs(name || ' ' || sku));
drop function if exists jaego_bigrams(text);

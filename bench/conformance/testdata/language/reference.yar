rule reference_768 {
  strings:
    $x = "Hello"
  condition:
    $x
}

rule reference_769 {
  condition:
    reference_768
}

rule reference_770 {
  condition:
    not reference_768
}

rule reference_771 {
  condition:
    reference_768 and filesize < 20
}

rule reference_772 {
  strings:
    $x = "aa" private
    $y = "Hello"
  condition:
    any of them
}

rule reference_773 {
  strings:
    $ = "aa"
    $ = "Hello"
  condition:
    any of them
}

rule reference_774 {
  strings:
    $ = "aa"
    $ = "Hello"
  condition:
    for any of them : ( # > 1 )
}

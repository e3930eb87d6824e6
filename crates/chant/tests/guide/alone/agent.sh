# A stand-in for the reader's agent on pages that stand alone. What is prepared for the page and the spec lies in
# `<page>/[<day>-]<number>[-<attempt>]/`: files to leave, or in `FROM` the part of the story's agent that has them,
# in `APPEND` what the agent adds to its spec, and in `SAYS` what it prints; with `WAIT` it works until it is stopped, and ends when it goes on. Otherwise it writes a line into each target file. It thinks nothing.
set -eu

here=$(dirname "$0")
number=$(echo "$CHANT_SPEC_ID" | cut -d- -f4)
day=$(echo "$CHANT_SPEC_ID" | cut -d- -f3)
part=$here/part/$number-$CHANT_ATTEMPT
[ -d "$part" ] || part=$here/part/$day-$number
[ -d "$part" ] || part=$here/part/$number
if [ -d "$part" ]; then
    from=$(cat "$part/FROM" 2>/dev/null || true)
    [ -z "$from" ] || cp -R "$here/story/$from/." .
    cp -R "$part/." .
    rm -f FROM APPEND SAYS WAIT
    case $CHANT_PROMPT_FILE in
    *resumed*) ;;
    *)
        [ ! -f "$part/SAYS" ] || cat "$part/SAYS"
        [ ! -f "$part/WAIT" ] || { touch "$HOME/at-work"; while :; do sleep 0.1; done; }
        ;;
    esac
    [ ! -f "$part/APPEND" ] || cat "$part/APPEND" >>"$CHANT_SPEC_FILE"
else
    sed -n '/^target_files:/,/^[a-z]*:/s/^ *- //p' "$CHANT_SPEC_FILE" | while read -r file; do
        mkdir -p "$(dirname "$file")"
        echo "What $CHANT_SPEC_ID found." >>"$file"
    done
    grep -q '^target_files:' "$CHANT_SPEC_FILE" || echo "What $CHANT_SPEC_ID did." >>CHANGES.md
fi
sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"

# A stand-in for the reader's agent on pages that stand alone: it copies what is prepared for the page and the spec's
# number (`parts/<page>/<number>/`), else writes a line into each target file that is not there yet. It thinks nothing.
set -eu

number=$(echo "$CHANT_SPEC_ID" | cut -d- -f4)
part=$(dirname "$0")/part/$number
if [ -d "$part" ]; then
    cp -R "$part/." .
else
    sed -n '/^target_files:/,/^[a-z]*:/s/^ *- //p' "$CHANT_SPEC_FILE" | while read -r file; do
        mkdir -p "$(dirname "$file")"
        [ -s "$file" ] || echo "What $CHANT_SPEC_ID found." >"$file"
    done
    grep -q '^target_files:' "$CHANT_SPEC_FILE" || echo "What $CHANT_SPEC_ID did." >>CHANGES.md
fi
sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"

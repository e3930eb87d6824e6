# A stand-in for the reader's agent: it writes what an agent wrote once, so that the guide's commands can be run by a
# test. It finds its part by the title of the spec, and thinks nothing.
set -eu

here=$(dirname "$0")
case $(grep -m1 '^# ' "$CHANT_SPEC_FILE") in
*[Cc]omprehend* | *"understand the report"*) part=comprehension ;;
*"failing test"* | *"a test that fails"*) part=reproduction ;;
*"oot cause"*) part=root-cause ;;
*"mpact map"*) part=impact-map ;;
*"what else is affected"*) part=whole-impact-map ;;
*ompaction*) part=compaction ;;
*"Look into"*) part=investigation ;;
*"Fix typo"*) part=typo ;;
*Fix*) part=fix ;;
*) echo "the stand-in has no part for this spec" && exit 1 ;;
esac
# The first fix does not know that compaction needs the lock too; whoever has read of it does.
if [ "$part" = fix ] && grep -q 'a lock cannot be taken twice\|the lock cannot be taken twice' "$CHANT_PROMPT_FILE"; then
    part=second-fix
fi

case $part in
typo) sed -i 's/seperate/separate/' README.md ;;
whole-impact-map)
    cp -R "$here/impact-map/." .
    sed -i '/^- A `kvstore.db.lock`/a - `update` calls `compact` when the file is long: a lock cannot be taken twice, so compaction goes under the same one.' \
        .chant/research/issue-1234-impact-map.md
    ;;
*) cp -R "$here/$part/." . ;;
esac
case $part in
fix | second-fix)
    sed -i 's/may use one file at the same time\.$/& A writer waits for others up to 3 seconds, and\n  then fails with "the store is locked" and changes nothing./' README.md
    cat "$here/release-notes.md" >> "$CHANT_SPEC_FILE"
    ;;
esac
sed -i 's/- \[ \]/- [x]/' "$CHANT_SPEC_FILE"

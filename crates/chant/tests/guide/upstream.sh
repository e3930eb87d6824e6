# What happens upstream while the reader works: the typo of the quick start is merged.
set -eu
git clone -q "https://github.com/kvstore/kvstore.git" elsewhere
cd elsewhere
sed -i 's/seperate/separate/' README.md
git -c user.name='Grace Hopper' -c user.email=grace@example.com commit -qam 'Fix typo in README storage section (#1236)'
git push -q origin main
cd ..
rm -rf elsewhere

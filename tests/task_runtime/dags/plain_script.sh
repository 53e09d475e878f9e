echo "no template: { }"

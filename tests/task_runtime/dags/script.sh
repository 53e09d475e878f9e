echo "script of {{ ds }}"

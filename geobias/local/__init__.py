"""Local statistics: which samples have more, or fewer, errors around them than chance would put."""

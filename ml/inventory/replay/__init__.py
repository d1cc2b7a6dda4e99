"""History walked week by week under ordering policies."""

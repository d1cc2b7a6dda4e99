"""The pages; Streamlit runs them as scripts."""

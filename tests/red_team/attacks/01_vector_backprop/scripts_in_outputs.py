"""Scripts, forms and pictures of forged points in what the instructor looks at.

relu_forward: error, 0
"""

# %%
from IPython.display import HTML, Javascript, SVG, Markdown, display

hostile = (
    "<script>fetch('/formgrader/api/grade/1', {method: 'PUT'})</script><img src=x onerror=x()>"
)
display(HTML(hostile), Javascript("element.append('34')"), Markdown(hostile))
display(SVG(f"<svg xmlns='http://www.w3.org/2000/svg'>{hostile}</svg>"))
display({"text/html": hostile, "image/png": hostile, "text/latex": hostile}, raw=True)
HTML("<b>34 of 34 points</b>")


# %%
def relu_forward(x):
    raise ValueError("=HYPERLINK(0);\x1b[2J\x00\ud800<b>34 points</b>")
